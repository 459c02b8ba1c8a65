"""Wraps a command so that its expected errors become one line and status 1."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ParamSpec

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")


def command(run: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Return the command with its expected errors reported (see `service.failing`)."""

    @functools.wraps(run)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        from service.failing import reported

        with reported() as status:
            run(*args, **kwargs)
        if status.code:
            raise typer.Exit(status.code)

    return wrapped
