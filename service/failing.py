"""How a command fails: expected errors on one line of standard error and status 1, unexpected ones with their trace."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.errors import CrawlerError
from index.errors import RasidIndexError
from nlp.errors import NlpError
from service.errors import RasidError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Status:
    """The exit status that a block came to: 0, or 1 where it failed."""

    code: int = 0


@contextlib.contextmanager
def reported() -> Iterator[Status]:
    """Print an expected error of the block on one line, and set the status to 1."""
    status = Status()
    try:
        yield status
    except BrokenPipeError:
        # Who reads our output has seen enough (`rasid search … | head`); Python must not try to write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (RasidError, CrawlerError, RasidIndexError, NlpError, OSError) as error:
        status.code = 1
        print(f"rasid: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
    except KeyboardInterrupt:
        status.code = 1
        print("rasid: interrupted", file=sys.stderr)
