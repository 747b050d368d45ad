"""Makes a batch: asks for its ads once, resolves the configuration of every combination, stores both, hands it on."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import transaction

from playback.batches.asked import Asked, AskedAd, Combination
from playback.batches.runner import batch_runner
from playback.chains import keep_on
from playback.engine import AdData, ConfigError, ConfigResolver, NoAd, PlaybackSessionConfig
from playback.engine.simulation.screening import Screening
from playback.engine.splitmix import SEED_LIMIT, session_seed
from playback.models import AdDocument, Batch, BatchAd, BatchCell
from playback.requesting import Asked as AskedOnce
from playback.requesting import Crowded, request
from playback.rows import provider_levels, publisher_levels
from playback.sources import StartRefused
from playback.starting import TRACKERS_MAX, trackers_of

WAITING_MAX = 20
ASKING_SEC = 60.0
"""After so long no further ad is asked for."""
# Virtual time needs no pace.
_OVERRIDE = {"headless_playback_speed": 0.0}


def make(asked: Asked, *, user: Any, host: str = "") -> Batch:
    """A stored batch, which runs from now on. Raises `StartRefused` naming the field; nothing is stored then.

    `host` is where the visitor sees this site: its own endpoints are asked in-process.
    """
    providers, publishers = provider_levels(), publisher_levels()
    asked.check(settings.BATCH_SESSIONS_MAX, providers, publishers)
    _refuse_a_queue()
    seed = _seed(asked.seed)
    configs = {
        (provider, publisher): _config(provider, publisher, providers, publishers)
        for provider in asked.providers
        for publisher in asked.publishers
    }
    ads = _answers(asked.ads, seed, host)
    combinations = list(asked.combinations())
    for one in combinations:
        _refuse_what_cannot_play(asked.ads[one.ad], ads[one.ad], one, configs[one.provider, one.publisher])
    return _store(asked, user, seed, ads, combinations, configs)


def _refuse_a_queue() -> None:
    waiting = Batch.objects.filter(status=Batch.Status.PENDING).count()
    if waiting >= WAITING_MAX:
        raise StartRefused("sessions", f"{waiting} batches wait already: let some end first, or cancel some.")


def _seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbelow(SEED_LIMIT)
    if not 0 <= seed < SEED_LIMIT:
        raise StartRefused("seed", f"A seed is a whole number from 0 to {SEED_LIMIT - 1}, not {seed}.")
    return seed


def _config(
    provider: str, publisher: str, providers: dict[str, Any], publishers: dict[str, Any]
) -> PlaybackSessionConfig:
    try:
        return ConfigResolver.resolve(
            mode="headless",
            provider=provider or None,
            publisher=publisher or None,
            global_config={"enable_session_persistence": settings.SESSION_PERSISTENCE},
            override=_OVERRIDE,
            providers=providers,
            publishers=publishers,
        )
    except ConfigError as error:
        field = "publishers" if publisher else "providers"
        raise StartRefused(field, f"{provider or publisher}: {error}") from None


def _answers(ads: Sequence[AskedAd], seed: int, host: str) -> list[AdData]:
    """What each ad is, one after the other: whoever asks waits for all of them."""
    began, found = monotonic(), []
    for ad in ads:
        if monotonic() - began > ASKING_SEC:
            text = f"{len(found)} of {len(ads)} ads took longer than {ASKING_SEC:g} seconds to be found"
            raise StartRefused(ad.field, f"{text}: leave slow tags out, or hand over what they answer.")
        found.append(_answer(ad, seed, host))
    return found


def _answer(ad: AskedAd, seed: int, host: str) -> AdData:
    """The ad, asked for once; the network is reached through the same guarded door as for a single session."""
    source = ad.source
    try:
        _, answer = request(AskedOnce(source.document, source.url, None, seed, "", "", host))
    except Crowded as crowded:
        raise StartRefused(ad.field, str(crowded)) from None
    if isinstance(answer, NoAd):
        blame = f" ({answer.chain.blame})" if answer.chain and answer.chain.blame else ""
        raise StartRefused(
            ad.field,
            f"{source.title}: this ad cannot be played: {answer.text} (VAST error {answer.code}){blame}.",
        )
    return answer


def _refuse_what_cannot_play(
    ad: AskedAd, answer: AdData, one: Combination, config: PlaybackSessionConfig
) -> None:
    data = answer if one.length_ms is None else answer.of_length(one.length_ms)
    try:
        plan = Screening(data, config).plan
    except ValueError as error:
        raise StartRefused(ad.field, f"{ad.source.title}: {error}") from None
    if (trackers := trackers_of(plan)) > TRACKERS_MAX:
        raise StartRefused(
            ad.field,
            f"{ad.source.title} has {trackers} trackers: more than {TRACKERS_MAX} are not followed.",
        )


@transaction.atomic
def _store(
    asked: Asked,
    user: Any,
    seed: int,
    ads: list[AdData],
    combinations: list[Combination],
    configs: dict[tuple[str, str], PlaybackSessionConfig],
) -> Batch:
    title = (asked.title or _title(asked)).replace("\0", "?")[:200]
    batch = Batch.objects.create(title=title, created_by=user, seed=seed, sessions=asked.total)
    rows = [_ad_row(batch, ad, answer) for ad, answer in zip(asked.ads, ads, strict=True)]
    first, cells = 0, []
    for place, one in enumerate(combinations):
        config = configs[one.provider, one.publisher]
        cells.append(
            BatchCell(
                batch=batch,
                ad=rows[one.ad],
                provider=one.provider,
                publisher=one.publisher,
                length_ms=one.length_ms,
                config=config.to_dict(),
                seed=session_seed(seed, place),
                first=first,
                sessions=one.sessions,
            )
        )
        first += one.sessions
    BatchCell.objects.bulk_create(cells)
    transaction.on_commit(lambda: batch_runner.submit(batch.public_id))
    return batch


def _title(asked: Asked) -> str:
    first, more = asked.ads[0].source.title, len(asked.ads) - 1
    return f"{first} and {more} more" if more else first


def _ad_row(batch: Batch, ad: AskedAd, answer: AdData) -> BatchAd:
    source = ad.source
    text = source.text
    row = BatchAd.objects.create(
        batch=batch,
        title=source.title.replace("\0", "?")[:200],
        source=source.kind,
        build=source.build,
        tag_url=source.url,
        document=AdDocument.keep(text) if text else None,
    )
    if answer.chain:
        keep_on(row, answer.chain)
    return row


def cancel(batch: Batch) -> None:
    """Ask that no more of it is played; what is done is kept. One that has not begun ends here."""
    Batch.objects.filter(pk=batch.pk, status__in=_UNENDED).update(cancel_asked=True)
    Batch.objects.filter(pk=batch.pk, status=Batch.Status.PENDING).update(
        status=Batch.Status.CANCELLED, ended_at=datetime.now(UTC)
    )


_UNENDED = (Batch.Status.PENDING, Batch.Status.RUNNING)
