"""``manage.py apply_retention``: takes away what ended more than ``VASTDASH_RETENTION_DAYS`` days ago."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from playback.records.retention import Taken, take, would_take


class Command(BaseCommand):
    help = (
        "Take away sessions that ended before the days of VASTDASH_RETENTION_DAYS; the counts of days stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be taken away")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if not settings.RETENTION_DAYS:
            self.stdout.write("Everything is kept: VASTDASH_RETENTION_DAYS is 0.")
            return
        before = datetime.now(UTC) - timedelta(days=settings.RETENTION_DAYS)
        if dry_run:
            self.stdout.write(
                f"Would take away, ended before {before:%Y-%m-%d %H:%M} UTC: {_told(would_take(before))}."
            )
            return
        taken = Taken()
        for taken in take(before):
            self.stdout.write(f"\r{taken.sessions:,} sessions", ending="")
        self.stdout.write(f"\rTaken away, ended before {before:%Y-%m-%d %H:%M} UTC: {_told(taken)}.")


def _told(taken: Taken) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in taken._asdict().items())
