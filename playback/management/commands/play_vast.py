"""``manage.py play_vast VAST.xml``: the playback engine on the command line, nothing stored, nothing sent."""

import asyncio
import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from playback.engine import (
    PROFILE_SETS,
    ConfigError,
    ConfigResolver,
    NoAd,
    PlaybackSession,
    PlayerFactory,
    VastClient,
)
from playback.engine.configuration.profiles import provider_configs


class Command(BaseCommand):
    help = "Play a VAST document and print what happened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("vast", type=Path, help="VAST document")
        parser.add_argument("--mode", default="headless", help="headless (default), real or auto")
        parser.add_argument(
            "--provider", help="whose interruption rules: global, tiger, leto, yandex, google, custom"
        )
        parser.add_argument(
            "--profile-set", default="seed", help=f"which shipped rules: {', '.join(PROFILE_SETS)}"
        )
        parser.add_argument(
            "--seed", type=int, help="0 to 2^53-1; a random one is chosen and printed without it"
        )
        parser.add_argument(
            "--ad", type=int, default=0, help="which ad of a pod, counted from 0 in playing order"
        )
        parser.add_argument("--json", action="store_true", help="print the session as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            xml = options["vast"].read_bytes()
        except OSError as error:
            raise CommandError(f"vast: {options['vast']}: {error.strerror}") from None
        try:
            session = asyncio.run(
                _play(xml, **{key: options[key] for key in ("mode", "provider", "profile_set", "seed", "ad")})
            )
        except (ConfigError, ValueError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(session.to_dict(), indent=2, ensure_ascii=False))
        else:
            self._tell(session)

    def _tell(self, session: PlaybackSession) -> None:
        for event in session.events:
            detail = ", ".join(
                f"{key} {value}"
                for key, value in event.metadata.items()
                if not isinstance(value, list | dict)
            )
            self.stdout.write(f"{event.offset_sec:>9.3f}  {event.event_type:<16} {detail}".rstrip())
        end = f"{session.status} ({session.end_reason})" if session.end_reason else f"{session.status}"
        self.stdout.write(
            f"{end} at {session.current_offset_sec:g} of {session.duration_sec:g} s, seed {session.seed}"
        )


async def _play(
    xml: bytes, *, mode: str, provider: str | None, profile_set: str, seed: int | None, ad: int
) -> PlaybackSession:
    client = VastClient.from_xml(xml, ad_index=ad, max_wrappers=0, delivery="dry_run")
    answer = await client.request_ad()
    if isinstance(answer, NoAd):
        raise ValueError(f"vast: {answer.text} (error {int(answer.code)})")
    config = ConfigResolver.resolve(
        mode=mode,
        provider=provider,
        providers=provider_configs(profile_set),
        override={"headless_playback_speed": 0},  # nobody watches: as fast as possible
    )
    player = PlayerFactory.create(
        client, answer, config=config, seed=seed, delivery="dry_run", env=os.environ
    )
    return await player.play()
