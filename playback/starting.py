"""Starts a session: resolves the four levels, draws the interruptions, stores the session, hands it to the runner."""

import secrets
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction

from pipeline.models import Build
from playback.engine import (
    AdData,
    ConfigError,
    ConfigResolver,
    NoAd,
    PlaybackSessionConfig,
    PlayerFactory,
    VastClient,
)
from playback.live.runner import runner
from playback.models import AdDocument, Session, SessionLedger
from playback.rows import provider_levels, publisher_levels

SEED_LIMIT = 2**53
# Media seconds a second: slower never ends in a working day, faster is what 0 is for.
SLOWEST, FASTEST = 0.05, 1000.0
# The engine's field -> what whoever starts a session calls it.
_ASKED_AS = {"headless_playback_speed": "speed"}


class StartRefused(Exception):
    """This cannot be played as asked; nothing was stored. ``field`` is the form's or API's field name."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


def start(
    *,
    vast: str,
    title: str,
    user: Any,
    build: Build | None = None,
    ad_index: int = 0,
    mode: str | None = None,
    speed: float | None = None,
    provider: str | None = None,
    publisher: str | None = None,
    seed: int | None = None,
) -> Session:
    """A stored session that the runner plays from now on. Raises ``StartRefused`` naming the field.

    ``speed`` paces a headless session (0 = as fast as possible); real time has no speed. Without a seed a random
    one is chosen here and recorded.
    """
    _refuse_a_crowd()
    client, ad = _ad(vast, ad_index, "build" if build else "vast")
    config = _config(mode, speed, provider, publisher)
    _refuse_a_crawl(config.headless_playback_speed)
    seed = secrets.randbelow(SEED_LIMIT) if seed is None else seed
    try:
        player = PlayerFactory.create(
            client, ad, config=config, seed=seed, delivery="dry_run", env=_environment()
        )
    except (ConfigError, ValueError) as error:
        raise StartRefused(getattr(error, "field", "seed"), str(error)) from None
    session = player.session
    with transaction.atomic():
        row = Session.objects.create(
            created_by=user,
            build=build,
            document=AdDocument.keep(vast),
            ad_index=ad_index,
            title=title[:200],
            mode=session.config.mode,
            speed=session.config.headless_playback_speed,
            provider=provider or "",
            publisher=publisher or "",
            seed=seed,
            duration_ms=round(session.duration_sec * 1000),
            record=session.to_dict(),
        )
        SessionLedger.objects.create(session=row)
        transaction.on_commit(lambda: runner.submit(row.public_id))
    return row


def _refuse_a_crowd() -> None:
    running = Session.objects.filter(status__in=(Session.Status.PENDING, Session.Status.RUNNING)).count()
    if running >= settings.RUNNING_SESSIONS_MAX:
        raise StartRefused(
            "build", f"{running} sessions are running already: wait for some to end, or stop some."
        )


def _refuse_a_crawl(speed: float) -> None:
    if speed and not SLOWEST <= speed <= FASTEST:
        raise StartRefused(
            "speed", f"A pace is 0 (as fast as possible) or between {SLOWEST:g} and {FASTEST:g}."
        )


def _ad(vast: str, ad_index: int, document: str) -> tuple[VastClient, AdData]:
    """``document`` is what whoever starts a session calls the document: a fault of all of it is told there."""
    try:
        client = VastClient.from_xml(vast, ad_index=ad_index, max_wrappers=0, delivery="dry_run")
        answer = async_to_sync(client.request_ad)()
    except UnicodeEncodeError:
        raise StartRefused(document, "This holds half a surrogate pair, which is no character.") from None
    except ValueError as error:
        raise StartRefused("ad_index", str(error)) from None
    if isinstance(answer, NoAd):
        field = "ad_index" if answer.reason == "WRAPPER" else document
        raise StartRefused(field, f"This ad cannot be played: {answer.text} (VAST error {answer.code}).")
    return client, answer


def _config(
    mode: str | None, speed: float | None, provider: str | None, publisher: str | None
) -> PlaybackSessionConfig:
    override: dict[str, Any] = {} if speed is None else {"headless_playback_speed": speed}
    try:
        return ConfigResolver.resolve(
            mode=mode,
            publisher=publisher or None,
            provider=provider or None,
            global_config={"enable_session_persistence": settings.SESSION_PERSISTENCE},
            override=override,
            providers=provider_levels(),
            publishers=publisher_levels(),
        )
    except ConfigError as error:
        field = error.field.partition(".")[0]
        # The field's name stands before the text anyway.
        text = str(error).removeprefix(f"{field}: ")
        raise StartRefused(_ASKED_AS.get(field, field), text) from None


def _environment() -> dict[str, str]:
    """What ``auto`` may look at: the one variable, as this site was started with."""
    return {"VASTDASH_PLAYBACK_MODE": settings.PLAYBACK_MODE}
