"""``manage.py serve``: the whole site in one process, ready to sign in to."""

import fcntl
import gc
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from vastdash.asgi import application
from vastdash.models import User
from vastdash.ready_frame import ReadyFrames
from vastdash.request_head import BoundedHead


def claim(folder: Path) -> TextIO:
    """This data folder for this process until it ends, however it ends. Raises ``CommandError`` when it is taken.

    A second server would resume the sessions that run in the first, even if it then found its port in use.
    """
    lock = (folder / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CommandError(f"A server already uses {folder}; stop it, or set VASTDASH_DATA_DIR.") from None
    return lock


class Command(BaseCommand):
    help = "Migrate the database, load demonstration data into an empty one, and serve the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.SERVE_HOST)
        parser.add_argument("--port", type=int, default=settings.SERVE_PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        with claim(settings.DATA_DIR):
            self._serve(host, port)

    def _serve(self, host: str, port: int) -> None:
        call_command("migrate", verbosity=0)
        first_start = not User.objects.exists()
        call_command("load_demo", if_empty=True, stdout=self.stdout)
        self.stdout.write(f"\nvastdash serves at http://{host}:{port}/  (stop with Ctrl+C)")
        if not first_start:
            self.stdout.write("Sign in as before; a lost password: manage.py changepassword NAME")
        self.stdout.write("")
        self.stdout.flush()
        # What is loaded stays: the collector need not look through it again while somebody waits.
        gc.collect()
        gc.freeze()
        # One worker: running sessions and their news live in this process.
        uvicorn.run(
            application,
            host=host,
            port=port,
            lifespan="on",
            workers=1,
            http=BoundedHead,
            ws=ReadyFrames,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # asgi.py reads them, for those it does not mislead
            ws_max_size=64 * 1024,
            # Compressing news anew for every viewer costs more than all else of sending them.
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=3,
        )
