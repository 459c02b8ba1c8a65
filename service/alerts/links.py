"""Links that go out in messages and work without a login: signed, so that nobody can make others, and for a time."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeTimedSerializer

from service.database.engine import insert_new
from service.database.tables import keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

_NAME = "links"


class Signer:
    """Signs numbers of recipients for the links that take them out of a subscription."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="rasid unsubscribe")
        self._sealer = URLSafeTimedSerializer(secret, salt="rasid undo")

    @classmethod
    def of(cls, connection: sa.Connection) -> Signer:
        """Return the signer of this database, whose key is made when it is first asked for."""
        if (signer := cls.held(connection)) is not None:
            return signer
        insert_new(connection, keys, name=_NAME, secret=secrets.token_urlsafe(48))
        return cls(connection.execute(sa.select(keys.c.secret).where(keys.c.name == _NAME)).scalar_one())

    @classmethod
    def held(cls, connection: sa.Connection) -> Signer | None:
        """Return the signer of this database where it has signed anything; for who only reads."""
        secret = connection.scalar(sa.select(keys.c.secret).where(keys.c.name == _NAME))
        return None if secret is None else cls(secret)

    def sign(self, recipient: int) -> str:
        """Return the token of a recipient."""
        return str(self._serializer.dumps(recipient))

    def read(self, token: str, longest: timedelta) -> int | None:
        """Return the recipient of a token, or None for a forged one or one that is older than `longest`."""
        try:
            number = self._serializer.loads(token, max_age=int(longest.total_seconds()))
        except BadData:
            return None
        return number if isinstance(number, int) else None

    def seal(self, state: Mapping[str, Any]) -> str:
        """Return what was taken away as a text that brings it back; only `unseal` accepts it, and only unchanged."""
        return str(self._sealer.dumps(dict(state)))

    def unseal(self, text: str, longest: timedelta) -> dict[str, Any] | None:
        """Return what was sealed, or None for a forged text or one that is older than `longest`."""
        try:
            state = self._sealer.loads(text, max_age=int(longest.total_seconds()))
        except BadData:
            return None
        return state if isinstance(state, dict) else None
