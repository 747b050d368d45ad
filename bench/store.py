"""Sessions stored and found again, on the embedded database and, where there is a server, on PostgreSQL.

`store_x_rows` is the storing of sessions with their event trails through `playback.records.writing` against Django's
`bulk_create` of one row per event of the same sessions (with the index that finds a session's events, and without any
row for the session itself); `store_bytes_per_session` a million sessions' share of the embedded database with all its
indexes. `slowest_query_ms` is the worst of lists, second pages, counts and charts under combinations of time, provider,
publisher, mode and status at a million sessions, each the median of three, objects and all;
`slowest_text_query_ms` the same by source, reason and text within 30 days. `history_first_byte_ms` and
`overview_first_byte_ms` are whole answers of the pages, in process. Figures of PostgreSQL end in `_postgresql`.

The million is made once, in `var/bench/` and in the database `vastdash_bench` (or the one `VASTDASH_BENCH_DSN` names),
and used again. Each database is measured in a process of its own, because Django knows one at a time.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
SERVER = "postgresql://postgres@127.0.0.1:5432"
DATABASE = "vastdash_bench"
WAIT_SEC = 3


def run() -> dict[str, float]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as fresh:
        figures = measured("storing", Path(fresh), "")
    figures |= measured("finding", FOLDER, "")
    if dsn := server():
        with TemporaryDirectory() as fresh:
            figures |= {
                f"{name}_postgresql": value for name, value in measured("finding", Path(fresh), dsn).items()
            }
    return figures


def server() -> str:
    """The address of the database to measure on; empty, with a word why, where there is none."""
    if dsn := os.environ.get("VASTDASH_BENCH_DSN"):
        return dsn
    try:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=WAIT_SEC) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not there:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as error:
        print(f"  slowest_query_ms_postgresql skipped: no server at {SERVER} ({str(error).strip()})")
        return ""
    return f"{SERVER}/{DATABASE}"


def measured(what: str, folder: Path, url: str) -> dict[str, float]:
    """The figures that `bench.stored` prints, of the database in this folder or at this address."""
    told = {"VASTDASH_DATA_DIR": str(folder), "VASTDASH_DATABASE_URL": url, "VASTDASH_LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.stored", what],
        cwd=ROOT,
        env={**os.environ, **told},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
