from __future__ import annotations

import pytest
from api_programs import Program, program_in
from desk_rooms import Room


@pytest.fixture
def program(room: Room) -> Program:
    """Makes a client of the newsroom that no test changes, with a token of the named user, or without one for None."""
    return program_in(room)


@pytest.fixture
def own_program(own_room: Room) -> Program:
    """Makes a client of a newsroom that the test may change."""
    return program_in(own_room)
