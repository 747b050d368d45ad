"""The reader of @dailymotion/vast-client as a Node process that is kept alive and does a round when told to.

It is installed from bench/node's lock into a folder that git ignores, only when it is asked for here.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FOLDER = Path(__file__).parent / "node"
INSTALLED = FOLDER / "node_modules" / "@dailymotion" / "vast-client" / "package.json"
OLDEST_NODE = 18  # reads lockfile version 3
PATIENCE_SEC = 120


class NotHere(Exception):
    """Why the peer cannot be measured on this machine."""


def _output(*command: str) -> str:
    try:
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE_SEC, check=True
        )
    except subprocess.TimeoutExpired:
        raise NotHere(f"{' '.join(command)} took longer than {PATIENCE_SEC} s") from None
    except (OSError, subprocess.CalledProcessError) as error:
        said = str(getattr(error, "stderr", None) or error).strip().splitlines()
        raise NotHere(f"{' '.join(command)} failed: {said[-1][:160] if said else error}") from None
    return done.stdout


def install() -> None:
    """Installs the peer unless its locked version is here. Raises NotHere."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise NotHere("there is no Node with npm on the path")
    major = int(_output("node", "--version").lstrip("v").split(".")[0])
    if major < OLDEST_NODE:
        raise NotHere(f"Node {major} is older than {OLDEST_NODE}")
    wanted = json.loads((FOLDER / "package.json").read_text())["devDependencies"]["@dailymotion/vast-client"]
    if not INSTALLED.exists() or json.loads(INSTALLED.read_text())["version"] != wanted:
        _output("npm", "ci", "--ignore-scripts")


class VastClientPeer:
    """The process. `documents` are the paths it can read of those it was given."""

    def __init__(self, paths: Sequence[Path]) -> None:
        install()
        self._process = subprocess.Popen(
            ["node", "peer.js"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            self.documents = [Path(path) for path in self._ask(json.dumps([str(path) for path in paths]))]
        except NotHere:
            self.close()
            raise

    def round(self, passes: int) -> float:
        """Seconds one pass over the documents takes."""
        return float(self._ask(f"round {passes}")) / 1000

    def _ask(self, line: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise NotHere("the Node process ended")
        return json.loads(answer)

    def close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
