"""What `bench.store` measures, on the one database that the environment names; prints the figures as JSON."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from statistics import median
from time import perf_counter
from typing import Any

import django

from bench.rounds import interleaved, ratio
from bench.sim_tick import CONFIG, ad_of
from playback.engine import simulate

SESSIONS = 1_000_000
DAYS = 90
SEED = 7
STORED = 5_000
ROUNDS = 5
TIMES = 3
PROVIDERS = ("", "google", "-")
PUBLISHERS = ("", "den")
MODES = ("", "real", "headless")
STATUSES = ("", "completed", "closed", "error", "running")
EVERY = 3
"""Of the combinations, every so many is measured."""


def storing() -> dict[str, float]:
    """Through `writing`, and as one row per event."""
    from django.db import connection, models

    from playback.models import Batch, BatchAd, BatchCell
    from playback.records.writing import write

    class EventRow(models.Model):
        session: Any = models.BigIntegerField(db_index=True)
        event: Any = models.CharField(max_length=30)
        offset_ms: Any = models.PositiveIntegerField()

        class Meta:
            app_label = "bench"

        def __str__(self) -> str:
            return f"{self.event} at {self.offset_ms} ms"

    with connection.schema_editor() as editor:
        editor.create_model(EventRow)
    lean = list(simulate(ad_of(30), CONFIG, STORED, SEED).lean())
    whole = [
        [(event.event_type, round(event.offset_sec * 1000)) for event in one.session.events] for one in lean
    ]

    def as_rows() -> None:
        rows = (
            EventRow(session=at, event=e, offset_ms=ms) for at, events in enumerate(whole) for e, ms in events
        )
        EventRow.objects.bulk_create(rows)

    def as_sessions() -> None:
        batch = Batch.objects.create(title="bench", seed=SEED, sessions=STORED)
        ad = BatchAd.objects.create(batch=batch, title="bench", source="document")
        cell = BatchCell.objects.create(batch=batch, ad=ad, config={}, seed=SEED, first=0, sessions=STORED)
        write(cell, 0, lean, datetime.now(UTC))

    taken = interleaved({"rows": (as_rows, 1), "sessions": (as_sessions, 1)}, ROUNDS)
    return {
        "store_x_rows": ratio(taken["rows"], taken["sessions"]),
        "stored_per_sec": STORED / median(taken["sessions"]),
    }


def finding() -> dict[str, float]:
    """In a million sessions, which are made where they are not there."""
    from django.core.management import call_command
    from django.db import connection

    if not is_seeded():
        call_command("flush", interactive=False, verbosity=0)
        call_command("seed_sessions", sessions=SESSIONS, days=DAYS, seed=SEED, stdout=sys.stderr)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute(
                "ANALYZE" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)"
            )
    found: dict[str, float] = (
        {} if connection.vendor == "postgresql" else {"store_bytes_per_session": bytes_each()}
    )
    return {
        **found,
        "slowest_query_ms": slowest(plain_queries()),
        "slowest_text_query_ms": slowest(text_queries()),
        **first_bytes(),
    }


def is_seeded() -> bool:
    from django.db.models import Sum

    from playback.engine.splitmix import session_seed
    from playback.models import Batch, SessionDay

    there = SessionDay.objects.aggregate(number=Sum("sessions"))["number"]
    seeds = list(Batch.objects.order_by("id").values_list("seed", flat=True))
    return there == SESSIONS and seeds == [session_seed(SEED, day) for day in range(DAYS)]


def bytes_each() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return float(cursor.fetchone()[0] / SESSIONS)


Query = tuple[str, Callable[[], object]]


def slowest(queries: Iterator[Query]) -> float:
    """Milliseconds of the slowest of these; which it was goes to the error output."""
    timed = []
    for name, query in queries:
        taken = []
        for _ in range(TIMES):
            start = perf_counter()
            query()
            taken.append((perf_counter() - start) * 1000)
        timed.append((median(taken), name))
    print(*(f"  {ms:.2f} ms {name}" for ms, name in sorted(timed)[-3:]), sep="\n", file=sys.stderr)
    return max(timed)[0]


def windows() -> dict[str, dict[str, Any]]:
    """Stretches of time within the seeded days."""
    from playback.models import Batch

    last = Batch.objects.order_by("-id").values_list("ended_at", flat=True)[0]
    return {
        "all": {},
        "a day": {"since": last - timedelta(days=40), "until": last - timedelta(days=39)},
        "30 days": {"since": last - timedelta(days=30)},
        "hours": {"since": last - timedelta(days=50, hours=7), "until": last - timedelta(days=20, hours=3)},
    }


def plain_queries() -> Iterator[Query]:
    from playback.history.choice import Choice

    asked = list(product(windows().items(), PROVIDERS, PUBLISHERS, MODES, STATUSES))
    for (when, window), provider, publisher, mode, status in asked[::EVERY]:
        choice = Choice(**window, provider=provider, publisher=publisher, mode=mode, status=status)
        yield from queries_of(choice, f"{when}, {provider=}, {publisher=}, {mode=}, {status=}", charts=True)


def text_queries() -> Iterator[Query]:
    from playback.history.choice import Choice
    from playback.models import Batch

    window = windows()["30 days"]
    batch = Batch.objects.order_by("-id")[3].public_id
    asked: dict[str, Any]
    for asked in (
        {"source": "tag"},
        {"reason": "user_close", "publisher": "den"},
        {"source": "build", "reason": "completed", "provider": "google"},
        {"text": "oat"},
        {"text": "oat summer", "provider": "google", "reason": "user_close"},
        {"text": "coats", "source": "build"},
        {"text": "nothing like it"},
        {"text": batch[:5]},
        {"text": f"{batch}-77"},
        {"text": "bcd", "mode": "real"},
        {"batch": batch, "status": "closed"},
    ):
        yield from queries_of(Choice(**window, **asked), str(asked), charts=False)


def queries_of(choice: Any, name: str, *, charts: bool) -> Iterator[Query]:
    """What a page of a history asks of a choice."""
    from playback.history.counts import counts
    from playback.history.listing import count, page

    following = page(choice).next
    yield f"list: {name}", lambda: page(choice)
    if following:
        yield f"second page: {name}", lambda: page(choice, following)
    yield f"count: {name}", lambda: count(choice)
    if charts:
        for by in (("day", "end_reason"), ("provider", "end_reason"), ("publisher", "status")):
            yield f"chart by {', '.join(by)}: {name}", partial(counts, choice, by)


def first_bytes() -> dict[str, float]:
    """Milliseconds until a page is there."""
    from django.test import Client

    from vastdash.models import User

    person, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person)
    addresses = {
        "history_first_byte_ms": "/history/?days=30&provider=google&mode=headless",
        "overview_first_byte_ms": "/",
    }
    return {name: page_ms(client, address) for name, address in addresses.items()}


def page_ms(client: Any, address: str) -> float:
    taken = []
    for _ in range(ROUNDS + 1):
        start = perf_counter()
        answer = client.get(address)
        taken.append((perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise AssertionError(f"{address} answers {answer.status_code}")
    return median(taken[1:])


def main(what: str) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps({"storing": storing, "finding": finding}[what]()))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vastdash.settings")
    django.setup()
    main(sys.argv[1])
