"""Where the rows are kept: the embedded database, or the PostgreSQL server that an address names."""

from pathlib import Path
from typing import Any

import dj_database_url

# Within one process; a request, a socket and each live session hold one for as long as they ask something.
_POOL = {"min_size": 1, "max_size": 20, "timeout": 20}
# WAL alone still fails under contention; taking the write lock at BEGIN lets writers queue instead.
_EMBEDDED = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
}
_SCHEMES = ("postgres", "postgresql", "sqlite")


# What was given instead may hold a password and is not repeated.
_WANTED = "VASTDASH_DATABASE_URL must be like postgresql://user:password@host:port/name or sqlite:///path"


def database(url: str, folder: Path) -> dict[str, Any]:
    """The entry of ``DATABASES`` for an address; an empty one is the file in this folder. Raises ``ValueError``.

    A parameter of a PostgreSQL address is one of the connection (``?sslmode=require``).
    """
    if not url:
        return _embedded(folder / "vastdash.sqlite3")
    if url.partition("://")[0] not in _SCHEMES:
        raise ValueError(_WANTED)
    try:
        parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError):
        raise ValueError(_WANTED) from None
    if not parsed["NAME"]:
        raise ValueError(_WANTED)
    if parsed["ENGINE"].endswith("sqlite3"):
        return _embedded(parsed["NAME"])
    return {**parsed, "OPTIONS": {"pool": _POOL, **parsed.get("OPTIONS", {})}, "CONN_MAX_AGE": 0}


def _embedded(path: Path | str) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": dict(_EMBEDDED)}
