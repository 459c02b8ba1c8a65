"""Passwords: kept as argon2id hashes only (RFC 9106, its second recommended option, as argon2-cffi sets it)."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from service.errors import AccountRefused

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
"""Characters; length is what counts (NIST SP 800-63B, 5.1.1.2)."""

LONGEST = 1000
"""Characters that are still hashed: more than any sentence, and too few to keep a processor busy."""

AT_ONCE = 4
"""Passwords that are hashed at the same time: each takes 64 MiB while it is."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""What a suggestion is made of: nothing that is misread or misheard on the telephone."""


def hashed(password: str) -> str:
    """Return what is kept of a password. Raises AccountRefused for one that is too short or too long."""
    if len(password) < SHORTEST:
        raise AccountRefused("short_password", f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise AccountRefused("long_password", f"a password has at most {LONGEST} characters")
    with _turn():
        return _hasher().hash(unicodedata.normalize("NFKC", password))


def fits(kept: str | None, password: str) -> bool:
    """Tell whether the password is the one that is kept; for None, nobody's, it takes as long and is not."""
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415 - see _hasher

    given = password if len(password) <= LONGEST else ""
    with _turn():
        try:
            return _hasher().verify(kept or _nobody(), unicodedata.normalize("NFKC", given))
        except (Argon2Error, InvalidHashError):
            return False


def suggestion() -> str:
    """Return a password that nobody can guess, to be told to somebody: 16 letters and digits, 79 bits."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - commands without accounts start without it

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(32))


@cache
def _turn() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)
