"""``manage.py serve``: the whole site in one process, ready to sign in to."""

from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate the database, load demonstration data into an empty one, and serve the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.SERVE_HOST)
        parser.add_argument("--port", type=int, default=settings.SERVE_PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        call_command("load_demo", if_empty=True, stdout=self.stdout)
        self.stdout.write(f"\nvastdash serves at http://{host}:{port}/  (stop with Ctrl+C)\n")
        self.stdout.flush()
        # One worker: running sessions and their news live in this process.
        uvicorn.run(
            "vastdash.asgi:application",
            host=host,
            port=port,
            lifespan="on",
            workers=1,
            log_config=None,
            access_log=False,
            ws_max_size=64 * 1024,
            timeout_graceful_shutdown=3,
        )
