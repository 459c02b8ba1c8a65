"""A real mail server on loopback that keeps what it gets as files, for the demo."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosmtpd.smtp import SMTP, Envelope, Session


@contextmanager
def catching_mail(folder: Path) -> Iterator[int]:
    """Run the server during the block; gives its port. Each mail becomes a file named after its Message-ID."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = AnyPort(_Keeper(folder), hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


class AnyPort(Controller):
    """A controller that takes port 0 for any free one."""

    def _trigger_server(self) -> None:
        server = self.server
        if isinstance(server, asyncio.Server):
            self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it without annotations


class _Keeper:
    """Keeps every mail; the same Message-ID again takes the place of the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's interface
        """Keep a mail before it is acknowledged."""
        self._keep(envelope.original_content or b"")
        return "250 kept"

    def _keep(self, content: bytes) -> None:
        name = str(message_from_bytes(content, policy=policy.default)["Message-ID"]).strip("<>").partition("@")[0]
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(content)
        Path(file.name).replace(self._folder / f"{Path(name).name}.eml")
