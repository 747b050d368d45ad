"""The same histories on a PostgreSQL server: its own way of storing many sessions, its own plans, the same answers.

The tests of recording, storing, lists and retention run once more in a process of their own, on the server that is
found on this machine.
"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("VASTDASH_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432")
SAME = (
    "test_history_writing.py",
    "test_history_listing.py",
    "test_history_recording.py",
    "test_retention.py::test_a_batch_goes_when_its_last_session_went",
)


def test_histories_are_the_same_on_postgresql():
    try:
        psycopg.connect(f"{SERVER}/postgres", connect_timeout=3).close()
    except psycopg.Error as error:
        pytest.skip(f"no PostgreSQL on this machine that lets us in ({str(error).strip().splitlines()[0]})")
    # Nobody's data: the tests make a database beside this one, which there need not be, and take it away again.
    url = f"{SERVER}/vastdash_{os.getpid()}"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db"),
            *(str(ROOT / "tests" / "playback" / name) for name in SAME),
        ],
        cwd=ROOT,
        env={**os.environ, "VASTDASH_DATABASE_URL": url, "PYTEST_XDIST_WORKER": "", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
