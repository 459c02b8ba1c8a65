"""The roles: apart from the accounts, so that the command line knows them without a database."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each role may all that the one before may."""

    READER = "reader"  # reads, with private data masked
    EDITOR = "editor"  # reads everything, corrects, triages, exports
    ADMINISTRATOR = "administrator"  # looks after users

    def may(self, wanted: Role) -> bool:
        """Tell whether who has this role may do what asks for `wanted`."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)
