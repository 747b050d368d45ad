"""``manage.py seed_sessions``: a large made-up history, to measure and to show."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from playback.engine.splitmix import SEED_LIMIT
from playback.models import Session
from playback.records.seeding import seed_history


class Command(BaseCommand):
    help = "Store made-up sessions of batches, spread over the days before today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sessions", type=int, default=1_000_000)
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument(
            "--yes-among-others",
            action="store_true",
            help="even where there are sessions already: the made-up ones cannot be told from them in any count",
        )

    def handle(self, *args: Any, sessions: int, days: int, seed: int, **options: Any) -> None:
        if sessions < 1 or days < 1 or not 0 <= seed < SEED_LIMIT:
            raise CommandError("sessions and days are whole numbers from 1, seed from 0 to 2^53-1")
        if Session.objects.exists() and not options["yes_among_others"]:
            raise CommandError(
                "There are sessions already; made-up ones would be counted with them. --yes-among-others does it."
            )
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        began = perf_counter()
        for done in seed_history(sessions, days, seed, midnight):
            self.stdout.write(f"\r{done:,} of {sessions:,} sessions", ending="")
            self.stdout.flush()
        took = perf_counter() - began
        self.stdout.write(f"\n{sessions / took:,.0f} a second")
