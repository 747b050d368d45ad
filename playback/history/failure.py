"""What failed most, from the blame lines of sessions without an ad."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from playback.models import Session

# As the engine writes it: "hop 3, ads.example.com, code 303, 812 ms".
_BLAME = re.compile(r"hop \d+, (?P<host>[^,]+)(?:, code (?P<code>\d+))?(?:, (?P<ms>\d+) ms)?")


class Failure(NamedTuple):
    """Sessions that failed for one host with one VAST error code; `latest` is the newest, `share` of all these."""

    host: str
    code: int | None
    number: int
    share: float
    latest: Session


def failures(rows: Iterable[Session]) -> list[Failure]:
    """Failed sessions, newest first, by the host to blame and the code, most first."""
    found: dict[tuple[str, int | None], list[Session]] = {}
    rows = list(rows)
    for row in rows:
        told = _BLAME.match(row.blame)
        host = told["host"] if told else "the ad itself"
        code = int(told["code"]) if told and told["code"] else row.error_code
        found.setdefault((host, code), []).append(row)
    ranked = sorted(found.items(), key=lambda group: -len(group[1]))
    return [
        Failure(host, code, len(group), len(group) / len(rows), group[0]) for (host, code), group in ranked
    ]
