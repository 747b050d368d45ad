"""A site of one's own: the real server as a process on a free port, with data nobody else touches."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# Lets sessions fetch tags and send pixels on this machine, where the tests have an ad server.
FETCHING = {"VASTDASH_FETCH_ALLOWED": HOST}
PATIENCE_SEC = 60.0
_PASSWORD = re.compile(r"^  (\w+) +(\S+) +role ", re.MULTILINE)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """`manage.py serve` over one data folder. It may be killed and started again: port and data stay the same.

    `settings` are VASTDASH_ variables; those of the caller's environment are not passed on.
    """

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.port = free_port()
        self.settings = dict(settings or {})
        self.passwords: dict[str, str] = {}
        self._log = data / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> Server:
        """Returns once the site answers that it is well. Raises RuntimeError with its last words otherwise."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VASTDASH_")}
        own = {"VASTDASH_DATA_DIR": str(self.data), **self.settings}
        command = [sys.executable, "manage.py", "serve", "--host", HOST, "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=inherited | own, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_well()
        self.passwords.update(_PASSWORD.findall(self._log.read_text()))
        return self

    def _wait_until_well(self) -> None:
        deadline = time.monotonic() + PATIENCE_SEC
        while time.monotonic() < deadline and self._running.poll() is None:
            if self._is_well():
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-2000:]}")

    def _is_well(self) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process

    def kill(self) -> None:
        """As a crash would: at once, without a chance to store anything."""
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()

    def stop(self) -> None:
        """As an operator would. A server that does not end is killed and complained about."""
        self._running.terminate()
        try:
            self._running.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError("the server did not end within 20 s of being asked to") from None
