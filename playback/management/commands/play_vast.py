"""``manage.py play_vast VAST.xml|URL``: the playback engine on the command line; nothing is stored."""

import asyncio
import json
import os
import secrets
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError

from playback import network
from playback.engine import (
    PROFILE_SETS,
    AdData,
    ConfigError,
    ConfigResolver,
    NoAd,
    PlaybackSession,
    PlayerFactory,
    VastClient,
)
from playback.engine.configuration.profiles import provider_configs
from playback.engine.request.chain import Chain
from playback.engine.splitmix import SEED_LIMIT

DELIVERIES = ("dry_run", "live")


class Played(NamedTuple):
    """What came of a request for an ad: a session with its ledger, or neither."""

    answer: AdData | NoAd
    session: PlaybackSession | None = None
    fates: Counter[str] = Counter()


class Command(BaseCommand):
    help = "Play a VAST document or the tag at an address, and print what happened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("vast", help="VAST document, or the http(s) address of an ad server")
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
            "--ad",
            type=int,
            help="one ad of a pod, counted from 0 in playing order; without it all are played",
        )
        parser.add_argument(
            "--delivery", default="dry_run", choices=DELIVERIES, help="live calls the pixels; needs --yes"
        )
        parser.add_argument("--yes", action="store_true", help="confirms that pixels are called for real")
        parser.add_argument("--json", action="store_true", help="print the session as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["delivery"] == "live" and not options["yes"]:
            raise CommandError("delivery: live calls every pixel that becomes due; confirm with --yes")
        names = ("mode", "provider", "profile_set", "seed", "ad", "delivery")
        try:
            played = asyncio.run(_play(_source(options["vast"]), **{name: options[name] for name in names}))
        except (ConfigError, ValueError) as error:
            raise CommandError(str(error)) from None
        self._tell_chain(played.answer.chain, self.stderr if options["json"] else self.stdout)
        if played.session is None:
            raise CommandError(_without_ad(played.answer))
        if options["json"]:
            self.stdout.write(json.dumps(played.session.to_dict(), indent=2, ensure_ascii=False))
        else:
            self._tell(played)

    def _tell_chain(self, chain: Chain | None, out: Any) -> None:
        """A line a hop, where anybody was asked at all."""
        hops = chain.hops if chain and any(hop.url for hop in chain.hops) else ()
        for hop in hops:
            facts = [str(hop.status or "-"), f"{hop.ms:.0f} ms", hop.outcome.value, hop.asked_url or hop.url]
            out.write(f"hop {hop.number:<3} {'  '.join(facts)}".rstrip())

    def _tell(self, played: Played) -> None:
        session = played.session
        for event in session.events:
            detail = ", ".join(
                f"{key} {value}"
                for key, value in event.metadata.items()
                if not isinstance(value, list | dict)
            )
            self.stdout.write(f"{event.offset_sec:>9.3f}  {event.event_type:<16} {detail}".rstrip())
        if played.fates:
            self.stdout.write(
                f"pixels: {', '.join(f'{count} {fate}' for fate, count in played.fates.items())}"
            )
        end = f"{session.status} ({session.end_reason})" if session.end_reason else f"{session.status}"
        self.stdout.write(
            f"{end} at {session.current_offset_sec:g} of {session.duration_sec:g} s, seed {session.seed}"
        )


def _source(named: str) -> str | bytes:
    """An address, or the bytes of a file."""
    if named.startswith(("http://", "https://")):
        return named
    try:
        return Path(named).read_bytes()
    except OSError as error:
        raise CommandError(f"vast: {named}: {error.strerror}") from None


def _without_ad(no_ad: NoAd) -> str:
    blame = no_ad.chain.blame if no_ad.chain else ""
    return f"vast: {no_ad.text} (error {int(no_ad.code)}){': ' if blame else ''}{blame}"


async def _play(
    source: str | bytes,
    *,
    mode: str,
    provider: str | None,
    profile_set: str,
    seed: int | None,
    ad: int | None,
    delivery: str,
) -> Played:
    config = ConfigResolver.resolve(
        mode=mode,
        provider=provider,
        providers=provider_configs(profile_set),
        override={"headless_playback_speed": 0},  # nobody watches: as fast as possible
    )
    seed = secrets.randbelow(SEED_LIMIT) if seed is None else seed
    async with _client(source, ad, seed, delivery, provider) as client:
        answer = await client.request_ad()
        if isinstance(answer, NoAd):
            return Played(answer)
        player = PlayerFactory.create(
            client, answer, config=config, seed=seed, delivery=delivery, env=os.environ
        )
        session = await player.play()
        sent = delivery == "live"
        return Played(answer, session, Counter(row.status for row in player.ledger) if sent else Counter())


def _client(
    source: str | bytes, ad: int | None, seed: int, delivery: str, provider: str | None
) -> VastClient:
    how = {
        "seed": seed,
        "delivery": delivery,
        **({"provider": provider} if provider else {}),
        **network.guard(),
    }
    if isinstance(source, bytes):
        return VastClient.from_xml(source, ad_index=ad, **how)
    client = VastClient(source, **how)
    client.ad_index = ad
    return client
