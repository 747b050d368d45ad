"""``manage.py run_batch ID``: runs what is left of a batch here, as a worker elsewhere does."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from playback.batches.running import run
from playback.models import Batch


class Command(BaseCommand):
    help = "Run what is left of a batch in this process, and say how it ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id", help="id of the batch, as its page shows it")

    def handle(self, *args: Any, public_id: str, **options: Any) -> None:
        batch = Batch.objects.filter(public_id=public_id).first()
        if batch is None:
            raise CommandError(f"there is no batch {public_id}")
        run(public_id)
        batch.refresh_from_db()
        self.stdout.write(f"{batch.status}: {batch.done} of {batch.sessions} sessions")
        if batch.error:
            raise CommandError(batch.error)
