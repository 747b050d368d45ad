"""``manage.py build_vast RESPONSE.json``: the build engine on the command line, nothing stored."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pipeline.builds import refuse_the_unreadable
from pipeline.engine import RECEIVERS, build_vast_from_bid_response
from pipeline.intake import Refused, unpack


class Command(BaseCommand):
    help = "Turn an OpenRTB bid response into VAST and print it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "response", type=Path, help="file with a bid response, JSON or gzipped JSON; - for standard input"
        )
        parser.add_argument("--request", type=Path, help="file with the bid request it answers, JSON")
        parser.add_argument("--config", type=Path, help="file with a receiver configuration, JSON")
        parser.add_argument("--receiver", help=f"one of {', '.join(RECEIVERS)}; beats the configuration's")
        parser.add_argument("--debug", action="store_true", help="print the debug JSON instead of the VAST")

    def handle(self, *args: Any, **options: Any) -> None:
        config = self._config(options["config"], options["receiver"])
        try:
            response = unpack("response", _read("response", options["response"]), settings.UPLOAD_MAX_BYTES)
            request = options["request"] and unpack(
                "request", _read("request", options["request"]), settings.UPLOAD_MAX_BYTES
            )
            result = build_vast_from_bid_response(request or None, response, config)
            refuse_the_unreadable(result)
        except Refused as refusal:
            raise CommandError(f"{refusal.field}: {refusal.text}") from None
        for notice in (*result.errors, *result.warnings):
            self.stderr.write(f"{f'{notice.code} {notice.bid_id}'.rstrip()}: {notice.text}")
        if options["debug"]:
            self.stdout.write(json.dumps(result.to_debug(), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(result.xml.decode(), ending="" if result.xml.endswith(b"\n") else "\n")

    def _config(self, path: Path | None, receiver: str | None) -> dict[str, Any]:
        if receiver and receiver.upper() not in RECEIVERS:
            raise CommandError(
                f"receiver: there is no receiver named {receiver!r}; known: {', '.join(RECEIVERS)}"
            )
        config: Any = {}
        if path:
            try:
                config = json.loads(_read("config", path))
            except (ValueError, RecursionError, Refused) as error:
                raise CommandError(f"config: {error}") from None
            if not isinstance(config, dict):
                raise CommandError("config: a JSON object is expected")
        return {**config, "receiver": receiver.upper()} if receiver else config


def _read(field: str, path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise Refused(field, f"{path}: {error.strerror}") from None
