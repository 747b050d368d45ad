"""``manage.py import_profiles FILE``: tells what a document changes, and stores it whole unless it is a dry run."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from playback.exchange.applying import NotApplied, apply
from playback.exchange.document import entries
from playback.exchange.preview import INVALID, Preview, previews
from playback.exchange.reading import Unreadable, read


class Command(BaseCommand):
    help = "Import profiles of providers and publishers from a YAML or JSON document, whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the document, as export_profiles writes it")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would change")
        parser.add_argument("--note", default="", help="why; it stands beside every version this makes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = entries(read(Path(options["file"]).read_bytes()))
        except OSError as error:
            raise CommandError(f"file: {options['file']}: {error.strerror}") from None
        except Unreadable as error:
            raise CommandError(f"file: {error}") from None
        shown = previews(found)
        for preview in shown:
            self._tell(preview)
        if any(preview.state == INVALID for preview in shown):
            raise CommandError("nothing was stored: mend what is invalid")
        if options["dry_run"]:
            return
        try:
            apply(
                found, {preview.key: preview.read for preview in shown}, user=None, note=options["note"][:300]
            )
        except NotApplied:
            raise CommandError("nothing was stored: somebody changed a profile meanwhile") from None

    def _tell(self, preview: Preview) -> None:
        self.stdout.write(f"{preview.key}: {preview.state}")
        for change in preview.changes:
            what = ", ".join(filter(None, (change.subject, change.part)))
            self.stdout.write(f"  {what}: {change.before} -> {change.after}")
        for fault in preview.faults:
            self.stdout.write(f"  {fault.path}: {fault.text}")
