"""``manage.py export_profiles``: the profiles of providers and publishers as one document on standard output."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError

from playback.exchange.document import FORMATS, export, write


class Command(BaseCommand):
    help = "Write the profiles of providers and publishers as YAML or JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", default="yaml", choices=FORMATS)
        parser.add_argument("--provider", default="", help="only this one")
        parser.add_argument("--publisher", default="", help="only this one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = export(options["provider"], options["publisher"])
        except ObjectDoesNotExist as error:
            raise CommandError(str(error)) from None
        self.stdout.write(write(document, options["format"]), ending="")
