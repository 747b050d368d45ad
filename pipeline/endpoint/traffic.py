"""What became of an endpoint's requests: hourly counts, and the last requests of those that record them.

The request path only appends here; ``flush`` writes, about once a second. A flush that fails loses nothing that
was counted, and what waits to be written stays bounded.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import F

from pipeline.builds import decisions
from pipeline.endpoint.database import DatabaseThread
from pipeline.engine import Notice, VastResult, redacted
from pipeline.models import Endpoint, EndpointRequest, EndpointTraffic

log = structlog.get_logger(__name__)

HOUR_SEC = 3600
# Recorded requests that wait for the next flush: beyond this the oldest go, which the newer would push out anyway.
WAITING_BYTES = 16 * 1024 * 1024
WAITING_ROWS = 2000


class Tally(NamedTuple):
    """A column of the rollup: the endpoint's key, the hour (hours since 1970, UTC) and the outcome."""

    endpoint: int
    hour: int
    outcome: str


# Requests, and the ads they were given.
Counts = dict[Tally, tuple[int, int]]
_NONE = (0, 0)


class Recorded(NamedTuple):
    """A request as it was answered. It holds what identifies the viewer until it is written, never longer."""

    endpoint: int
    at: datetime
    outcome: str
    status: int
    took_ms: float
    auction_ms: float | None
    notices: tuple[Notice, ...]
    request: dict[str, Any] | None
    result: VastResult | None

    @property
    def size(self) -> int:
        return len(self.result.xml) if self.result else 0

    def row(self) -> EndpointRequest:
        return EndpointRequest(
            endpoint_id=self.endpoint,
            at=self.at,
            outcome=self.outcome,
            status=self.status,
            took_ms=round(self.took_ms, 3),
            auction_ms=None if self.auction_ms is None else round(self.auction_ms, 3),
            notices=[notice._asdict() for notice in self.notices],
            request=redacted(self.request) if self.request else None,
            result=decisions(self.result) if self.result else None,
            vast=self.result.xml.decode() if self.result else "",
        )


@dataclass(slots=True)
class _Pending:
    """What the next flush takes."""

    counts: Counts = field(default_factory=dict)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    recorded: deque[Recorded] = field(default_factory=deque)
    recorded_bytes: int = 0


class Traffic:
    """Counts on the event loop; writes in the database's thread."""

    def __init__(self, thread: DatabaseThread) -> None:
        self._thread = thread
        self._pending = _Pending()

    def count(self, endpoint: int, epoch_sec: float, outcome: str, ads: int) -> None:
        tally = Tally(endpoint, int(epoch_sec) // HOUR_SEC, outcome)
        counts = self._pending.counts
        requests, ads_before = counts.get(tally, _NONE)
        counts[tally] = requests + 1, ads_before + ads

    def failed(self, public_id: str, code: str) -> bool:
        """Notes a failure for the log, which gets one line a flush however many there are; True for the first."""
        self._pending.failures[public_id, code] += 1
        return self._pending.failures[public_id, code] == 1

    def record(self, recorded: Recorded) -> None:
        pending = self._pending
        pending.recorded.append(recorded)
        pending.recorded_bytes += recorded.size
        while pending.recorded_bytes > WAITING_BYTES or len(pending.recorded) > WAITING_ROWS:
            pending.recorded_bytes -= pending.recorded.popleft().size

    async def flush(self) -> bool:
        """Writes what came since the last time. False when the database did not take it: it waits for the next."""
        taken, self._pending = self._pending, _Pending()
        for (public_id, code), times in taken.failures.items():
            log.warning("endpoint without an ad", endpoint=public_id, code=code, times=times)
        try:
            if taken.counts:
                await self._thread.run(lambda: _add_up(taken.counts))
                taken.counts = {}
            if taken.recorded:
                await self._thread.run(lambda: _keep(taken.recorded))
        except DatabaseError:
            log.warning("endpoint traffic not written yet", exc_info=True)
            self._put_back(taken)
            return False
        return True

    def _put_back(self, taken: _Pending) -> None:
        counts = self._pending.counts
        for tally, (requests, ads) in taken.counts.items():
            newer_requests, newer_ads = counts.get(tally, _NONE)
            counts[tally] = newer_requests + requests, newer_ads + ads
        newer, self._pending.recorded, self._pending.recorded_bytes = self._pending.recorded, deque(), 0
        for recorded in (*taken.recorded, *newer):
            self.record(recorded)


def _existing(endpoints: set[int]) -> set[int]:
    """What belongs to an endpoint deleted meanwhile is left out: nobody can read it any more."""
    return set(Endpoint.objects.filter(pk__in=endpoints).values_list("pk", flat=True))


@transaction.atomic
def _add_up(counts: Counts) -> None:
    there = _existing({tally.endpoint for tally in counts})
    for tally, (requests, ads) in counts.items():
        if tally.endpoint in there:
            _add(tally, requests, ads)


def _add(tally: Tally, requests: int, ads: int) -> None:
    """In the database's own arithmetic, because another process may count the same hour."""
    key = {
        "endpoint_id": tally.endpoint,
        "hour": datetime.fromtimestamp(tally.hour * HOUR_SEC, UTC),
        "outcome": tally.outcome,
    }
    more = {"requests": F("requests") + requests, "ads": F("ads") + ads}
    if not EndpointTraffic.objects.filter(**key).update(**more):
        EndpointTraffic.objects.get_or_create(**key)
        EndpointTraffic.objects.filter(**key).update(**more)


@transaction.atomic
def _keep(recorded: Iterable[Recorded]) -> None:
    """The last ``ENDPOINT_RECORDED`` requests of each endpoint; what was kept before and is older goes."""
    last: dict[int, deque[Recorded]] = defaultdict(lambda: deque(maxlen=settings.ENDPOINT_RECORDED))
    for one in recorded:
        last[one.endpoint].append(one)
    for endpoint in _existing(set(last)):
        _insert([one.row() for one in last[endpoint]])
        _prune(endpoint)


def _insert(rows: list[EndpointRequest]) -> None:
    """All of them, but for one that no JSON column holds: it must not keep out the others."""
    try:
        with transaction.atomic():
            EndpointRequest.objects.bulk_create(rows)
    except OperationalError:
        raise
    except (DatabaseError, ValueError):
        if len(rows) > 1:
            for row in rows:
                _insert([row])
        else:
            log.warning("endpoint request not recorded", endpoint=rows[0].endpoint_id, exc_info=True)


def _prune(endpoint: int) -> None:
    rows = EndpointRequest.objects.filter(endpoint_id=endpoint)
    surplus = rows.order_by("-id").values_list("pk", flat=True)[settings.ENDPOINT_RECORDED :]
    rows.filter(pk__in=list(surplus)).delete()
