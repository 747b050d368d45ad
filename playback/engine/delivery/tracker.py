"""VastTracker: told of an event, it sends every address of that event at once (playback.md 1.8, 2.33-2.36)."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any, Self

from playback.engine.configuration.config import DEFAULT_CONFIG
from playback.engine.delivery.context import TrackingContext
from playback.engine.delivery.macros import (
    ad_macros,
    cachebusting,
    creative_macros,
    text_value,
    timestamp,
    transaction_id,
)
from playback.engine.delivery.sending import Capability, Sending, bring_to_end, compose
from playback.engine.delivery.trackable import Given, TrackableCollection, TrackableEvent, context_of
from playback.engine.delivery.tracker_config import VastTrackerConfig
from playback.engine.delivery.tracking_client import (
    context_of_client,
    getter_of,
    is_live,
    macros_of,
    tracker_config_of,
)
from playback.engine.playing.plan import US, Pixel, Plan, plan_of
from playback.engine.request.ad_data import AdData, PlayableAd
from playback.engine.splitmix import check_seed
from playback.engine.time_provider import RealtimeTimeProvider, TimeProvider, fresh_seed
from vast.macros import Value, expand

CLICK_THROUGH = "clickThrough"


class VastTracker:
    """The trackers of one creative, sent when their event is told.

    `events`: event -> addresses or trackables, one or several; they are copied. `client` is a VastClient or anything
    that can `get`. `capabilities` are composed in their order, the first outermost; without them those that the
    configuration names; a client that is not live then resolves addresses only (dry_run). `macros` go over the
    client's own, `ad_request` over the parameters of its request.
    """

    def __init__(
        self,
        events: Given | TrackableCollection,
        client: Any = None,
        *,
        config: VastTrackerConfig | None = None,
        context: TrackingContext | None = None,
        capabilities: Sequence[Capability] | None = None,
        creative_id: str | None = None,
        macros: Mapping[str, Any] = MappingProxyType({}),
        ad_request: Mapping[str, Any] = MappingProxyType({}),
        time_provider: TimeProvider | None = None,
        seed: int | None = None,
    ) -> None:
        self.events = TrackableCollection.of(events)
        self.config = config or tracker_config_of(client)
        self.tracked_events: set[str] = set()
        self.sent: list[Sending] = []
        self.seed = fresh_seed() if seed is None else check_seed(seed)
        self._clock = time_provider or RealtimeTimeProvider()
        if capabilities is None:
            getter = getter_of(client) if is_live(client) else None
            given = context or context_of_client(client, self.config, getter)
            capabilities = self.config.capabilities(given)
        self.capabilities = tuple(capability.name for capability in capabilities)
        self._sender = compose(capabilities)
        ids = {} if creative_id is None else {"CREATIVE_ID": creative_id, "ADID": creative_id}
        self._defaults = {**macros_of(client, self.config, macros, ad_request).values, **ids}
        self._told = count()
        self._pool = asyncio.Semaphore(self.config.at_once)

    @classmethod
    def from_config(
        cls,
        config: VastTrackerConfig,
        events: Given | TrackableCollection,
        client: Any = None,
        **options: Any,
    ) -> Self:
        """A tracker under a configuration; `options` as in the constructor."""
        return cls(events, client, config=config, **options)

    @classmethod
    def for_ad(cls, client: Any, ad_data: AdData, *, part: int = 0, **options: Any) -> Self:
        """The tracker of one ad with every wrapper above it; `part` is its place in a pod.

        Progress trackers stand under `progress-` and their second: `progress-5.5`. `clickThrough` is reported with a
        click, never fetched; the InLine's one counts, else the nearest wrapper's.
        """
        ad = ad_data.ads[part]
        plan = plan_of(AdData((ad,)), DEFAULT_CONFIG)
        tracker = cls(TrackableCollection(_items(ad, plan)), client, **options)
        asset = plan.media.url if plan.media else None
        tracker._defaults |= {**creative_macros(ad), **ad_macros(ad, asset)}
        if ad_data.transaction_id:
            tracker._defaults["TRANSACTIONID"] = ad_data.transaction_id
        return tracker

    @property
    def static_macros(self) -> Mapping[str, Value]:
        """Macros with a fixed value."""
        return self.config.static_macros

    def has_capability(self, name: str) -> bool:
        return name in self.capabilities

    async def track_event(self, event: str, macros: Mapping[str, Any] | None = None) -> tuple[Sending, ...]:
        """Send every tracker of an event together; what became of each, in their order. Nothing is raised for what
        goes wrong on the way. `macros` stand above all others; an unknown event has no trackers."""
        values = self._of_instant() | {name: text_value(value) for name, value in (macros or {}).items()}
        sendings = tuple(self._sending(item, event, values) for item in self.events.get_all(event))
        reported = self._click_through(values) if event == "click" else ()
        await asyncio.gather(*map(self._bring_to_end, sendings))
        if any(sending.attempts for sending in sendings):
            self.tracked_events.add(event)
        self.sent += (*sendings, *reported)
        return (*sendings, *reported)

    def _of_instant(self) -> dict[str, Value]:
        index = next(self._told)
        return {
            "TIMESTAMP": timestamp(self._clock.stamp(self._clock.time())),
            "CACHEBUSTING": cachebusting(self.seed, index),
            "TRANSACTIONID": self._defaults.get("TRANSACTIONID", transaction_id(self.seed)),
        }

    def _sending(self, item: Any, event: str, values: Mapping[str, Value]) -> Sending:
        return Sending(
            event=event,
            url=item.value,
            clock=self._clock,
            item=item,
            macros=values,
            defaults=self._defaults,
            context=context_of(event),
            seed=self.seed,
        )

    async def _bring_to_end(self, sending: Sending) -> None:
        async with self._pool:
            await bring_to_end(self._sender, sending)

    def _click_through(self, values: Mapping[str, Value]) -> tuple[Sending, ...]:
        item = self.events.get(CLICK_THROUGH)
        if item is None:
            return ()
        sending = self._sending(item, CLICK_THROUGH, values)
        sending.url = expand_for(sending, self.config)
        sending.end("reported", "for the viewer's browser to open, never fetched")
        return (sending,)


def expand_for(sending: Sending, config: VastTrackerConfig) -> str:
    """The address of a sending with its macros expanded."""
    return expand(sending.url, {**sending.defaults, **sending.macros}, sending.context, config.macro_formats)


def progress_key(at_us: int) -> str:
    """The key of the progress trackers at this playhead."""
    return f"progress-{at_us / US:.6f}".rstrip("0").rstrip(".")


def _items(ad: PlayableAd, plan: Plan) -> Iterator[TrackableEvent]:
    for moment in plan.moments:
        key = progress_key(moment.at_us) if moment.event == "progress" else moment.event
        yield from (_item(key, pixel) for pixel in moment.pixels)
    for event, pixels in plan.parts[0].pixels.items():
        yield from (_item(event, pixel) for pixel in pixels)
    through = (level.linear.click_through for _, level in reversed(ad.levels) if level.linear)
    link = next((link for link in through if link), None)
    if link is not None:
        yield TrackableEvent(CLICK_THROUGH, link.url)


def _item(key: str, pixel: Pixel) -> TrackableEvent:
    return TrackableEvent(key, pixel.url, {"origin": pixel.origin})
