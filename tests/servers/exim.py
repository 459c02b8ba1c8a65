"""An Exim as Debian packages it, on a port of loopback with a configuration and a queue of its own: for tests only."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 30.0

_CONFIGURATION = """\
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
primary_hostname = mail.newsroom.example
keep_environment =
queue_only
tls_certificate = {folder}/server.pem
tls_advertise_hosts = *
smtputf8_advertise_hosts = *
acl_smtp_rcpt = to
acl_smtp_data = what
begin acl
to:
  deny local_parts = gone
       message = no such user here
  defer local_parts = later
       message = come back later
  accept
what:
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_advertise_condition = ${{if def:tls_in_cipher}}
  server_condition = ${{if and {{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


class NoServer(Exception):
    """Raised where there is no Exim, or where one that is installed does not start (`broken`)."""

    def __init__(self, reason: str, *, broken: bool) -> None:
        super().__init__(reason)
        self.broken = broken


@dataclass(frozen=True)
class Exim:
    """A running Exim that keeps what it accepts in its queue and delivers nothing."""

    port: int
    folder: Path

    def bodies(self) -> list[bytes]:
        """Return the bodies of the mails in the queue, with lines ended as in a mail."""
        files = sorted((self.folder / "spool" / "input").glob("*-D"))
        return [file.read_bytes().partition(b"\n")[2].replace(b"\n", b"\r\n") for file in files]

    def log(self) -> str:
        """Return what it wrote of each mail that it took or refused."""
        return "".join(file.read_text() for file in sorted((self.folder / "log").glob("*log")))


@contextmanager
def server(folder: Path, certificate: Path, *, user: str, password: str) -> Iterator[Exim]:
    """Run an Exim during the block. Raises NoServer."""
    program = shutil.which("exim4") or shutil.which("exim4", path="/usr/sbin")
    if program is None:
        reason = "there is no Exim: `apt-get install exim4-daemon-light` (tools/servers.sh does) lets this test run"
        raise NoServer(reason, broken=False)
    for name in ("spool", "log"):
        (folder / name).mkdir()
    shutil.copy(certificate, folder / "server.pem")
    configuration = folder / "exim.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, user=user, password=password))
    configuration.chmod(0o644)  # Exim reads no configuration that others may write
    if os.getuid() == 0:
        _give_to_exim(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [
        program,
        "-C",
        str(configuration),
        "-bdf",
        "-oX",
        f"127.0.0.1.{port}",
        "-oP",
        str(folder / "log" / "pid"),
    ]
    with (folder / "said").open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            _await(process, port, folder)
            yield Exim(port, folder)
        finally:
            process.terminate()
            process.wait(10)


def _give_to_exim(folder: Path) -> None:
    """Let the user that Exim becomes write its queue, and pass through the folders above."""
    owner = pwd.getpwnam("Debian-exim")
    for path in (folder, *folder.rglob("*")):
        if path.name != "exim.conf":
            os.chown(path, owner.pw_uid, owner.pw_gid)
    for above in folder.parents:
        if above.stat().st_uid == 0 and above != Path("/") and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)


def _await(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                probe.recv(64)
                return
        except OSError:
            time.sleep(0.1)
    raise NoServer(f"Exim did not start: {(folder / 'said').read_text()[-800:]}", broken=True)
