"""Starts a session: asks for its ad, resolves the four levels, draws the interruptions, stores it, hands it on."""

import secrets
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from pipeline.models import Build
from playback import chains, no_ad
from playback.confirming import pixels_of
from playback.engine import (
    AdData,
    BaseVastPlayer,
    ConfigError,
    ConfigResolver,
    NoAd,
    PlaybackSession,
    PlaybackSessionConfig,
    PlayerFactory,
    VastClient,
)
from playback.engine.playing.factory import choose_mode
from playback.engine.playing.plan import Plan
from playback.engine.splitmix import SEED_LIMIT
from playback.live.runner import runner
from playback.live.store import columns, parts_of
from playback.models import AdDocument, Session, SessionLedger
from playback.records import recording
from playback.requesting import Asked, Crowded, request
from playback.rows import global_level, provider_levels, publisher_levels
from playback.sources import Source, StartRefused, source_of
from vastdash.roles import Action, may

TRACKERS_MAX = 10_000
# Media seconds a second: slower never ends in a working day, faster is what 0 is for.
SLOWEST, FASTEST = 0.05, 1000.0
# The engine's field -> what whoever starts a session calls it.
_ASKED_AS = {"headless_playback_speed": "speed"}


class NotAllowed(StartRefused):
    """The role of who asks does not include it."""


def start(
    *,
    user: Any,
    build: Build | None = None,
    vast: str | bytes | None = None,
    url: str | None = None,
    title: str = "",
    host: str = "",
    ad_index: int | None = None,
    delivery: str = Session.Delivery.DRY_RUN,
    mode: str | None = None,
    speed: float | None = None,
    provider: str | None = None,
    publisher: str | None = None,
    seed: int | None = None,
) -> Session:
    """A stored session of exactly one of ``build``, ``vast`` and ``url``. Raises ``StartRefused`` naming the field.

    The runner plays it from now on, unless it is live: then it waits for ``confirming.confirm``. A request that gave
    no ad is a session too, in error, with its chain and whose fault it was.

    ``vast`` is text, or bytes as uploaded. ``ad_index`` None is the whole pod. ``host`` is where the visitor sees this
    site: its own endpoints are asked in-process. ``speed`` paces a headless session (0 = as fast as possible); real
    time has no speed. Without a seed a random one is chosen here and recorded.
    """
    source = source_of(build, vast, url, title)
    _refuse_delivery(delivery, user)
    _refuse_a_crowd(source)
    config = _config(mode, speed, provider, publisher, delivery)
    _refuse_a_crawl(config.headless_playback_speed)
    _refuse_seed(seed)
    seed = secrets.randbelow(SEED_LIMIT) if seed is None else seed
    asked = Asked(source.document, source.url, ad_index, seed, provider or "", publisher or "", host)
    client, answer = _ask(asked, source)
    common = {
        "created_by": user,
        "delivery": delivery,
        "ad_index": ad_index,
        "provider": provider or "",
        "publisher": publisher or "",
        "seed": seed,
    }
    if isinstance(answer, NoAd):
        _refuse_a_flood(source, len(answer.pings))
        return _failed(source, answer, config, common)
    player = _player(client, answer, config, seed)
    _refuse_a_flood(source, trackers_of(player.plan))
    return _store(source, answer, player, common)


def _refuse_delivery(delivery: str, user: Any) -> None:
    if delivery not in Session.Delivery.values:
        raise StartRefused("delivery", f"There is no delivery named {delivery!r}.")
    if delivery == Session.Delivery.LIVE and not may(user, Action.DELIVER_LIVE):
        raise NotAllowed("delivery", f"Your role does not include: {Action.DELIVER_LIVE}.")


def _refuse_a_crowd(source: Source) -> None:
    running = Session.objects.playing().count()
    if running >= settings.RUNNING_SESSIONS_MAX:
        raise StartRefused(
            source.field, f"{running} sessions are running already: wait for some to end, or stop some."
        )


def _refuse_a_crawl(speed: float) -> None:
    if speed and not SLOWEST <= speed <= FASTEST:
        raise StartRefused(
            "speed", f"A pace is 0 (as fast as possible) or between {SLOWEST:g} and {FASTEST:g}."
        )


def _refuse_seed(seed: int | None) -> None:
    if seed is not None and not 0 <= seed < SEED_LIMIT:
        raise StartRefused("seed", f"A seed is a whole number from 0 to {SEED_LIMIT - 1}, not {seed}.")


def _ask(asked: Asked, source: Source) -> tuple[VastClient, AdData | NoAd]:
    """A document that holds no ad itself is refused; what its wrappers or a tag led to is a session's story."""
    try:
        client, answer = request(asked)
    except Crowded as crowded:
        raise StartRefused(source.field, str(crowded)) from None
    except ValueError as error:
        if asked.ad_index is None:
            raise
        raise StartRefused("ad_index", str(error)) from None
    alone = answer.chain is None or len(answer.chain.hops) < 2
    if isinstance(answer, NoAd) and alone and not source.url:
        raise StartRefused(
            source.field, f"This ad cannot be played: {answer.text} (VAST error {answer.code})."
        )
    return client, answer


def trackers_of(plan: Plan) -> int:
    """How many trackers the ads of a session have together, whatever becomes of them."""
    caused = sum(len(pixels) for part in plan.parts for pixels in part.pixels.values())
    return sum(len(moment.pixels) for moment in plan.moments) + len(plan.unreachable) + caused


def _refuse_a_flood(source: Source, trackers: int) -> None:
    """A hundred hops may bring more trackers than a page, a socket or the loop could bear."""
    if trackers > TRACKERS_MAX:
        raise StartRefused(
            source.field, f"This has {trackers} trackers: more than {TRACKERS_MAX} are not followed."
        )


def _player(client: VastClient, ad: AdData, config: PlaybackSessionConfig, seed: int) -> BaseVastPlayer:
    try:
        return PlayerFactory.create(
            client, ad, config=config, seed=seed, delivery="dry_run", env=_environment()
        )
    except ConfigError as error:
        raise StartRefused(error.field, str(error)) from None


@transaction.atomic
def _failed(source: Source, answer: NoAd, config: PlaybackSessionConfig, common: dict[str, Any]) -> Session:
    try:
        mode = choose_mode(None, config, _environment())
    except ConfigError as error:
        raise StartRefused(error.field, str(error)) from None
    session = no_ad.failed_session(answer, config.evolve(mode=mode), common["seed"])
    row = _row(source, answer, session, {**common, "blame": no_ad.blame_of(answer)[:300]})
    SessionLedger.objects.create(session=row, entries=no_ad.ledger_of(answer))
    return row


@transaction.atomic
def _store(source: Source, answer: AdData, player: BaseVastPlayer, common: dict[str, Any]) -> Session:
    session, parts = player.session, parts_of(player)
    if common["delivery"] == Session.Delivery.LIVE:
        entries = [entry.to_dict() for entry in player.ledger]
        pixels = pixels_of(entries, session.config.pause_pixels)
        row = _row(source, answer, session, {**common, "pixels": pixels.count})
        SessionLedger.objects.create(session=row, entries=entries, parts=parts)
        return row
    row = _row(source, answer, session, common)
    SessionLedger.objects.create(session=row, parts=parts)
    transaction.on_commit(lambda: runner.submit(row.public_id))
    return row


def _row(source: Source, answer: AdData | NoAd, session: PlaybackSession, fields: dict[str, Any]) -> Session:
    text = source.text
    row = recording.enter(
        source=source.kind,
        build=source.build,
        tag_url=source.url,
        document=AdDocument.keep(text) if text else None,
        # NUL is what no text column takes.
        title=source.title.replace("\0", "?")[:200],
        speed=session.config.headless_playback_speed,
        ended_at=datetime.now(UTC) if session.has_ended() else None,
        **columns(session.to_dict()),
        **fields,
    )
    if answer.chain:
        chains.keep(row, answer.chain)
    return row


def _config(
    mode: str | None,
    speed: float | None,
    provider: str | None,
    publisher: str | None,
    delivery: str,
) -> PlaybackSessionConfig:
    override: dict[str, Any] = {} if speed is None else {"headless_playback_speed": speed}
    if delivery == Session.Delivery.LIVE:
        # What was sent must be on record whatever happens, or it would be sent again after a crash.
        override["enable_session_persistence"] = True
    try:
        return ConfigResolver.resolve(
            mode=mode,
            publisher=publisher or None,
            provider=provider or None,
            global_config=global_level(),
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
