"""Which addresses an ad may call, level by level, and those that a player without a screen never calls.

Every level's trackers count, from the outermost wrapper to the InLine (IAB VAST 4.3 §3.19; playback.md 3.4.5).
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from playback.engine.request.ad_data import PlayableAd
from vast.ad import Ad, Creative, Linear, Link, Tracker


class Pixel(NamedTuple):
    """One tracker of the document: its event, its address as written, and the level it stands on."""

    event: str
    url: str
    origin: str


NO_COMPANIONS: Final = "a player without a screen shows no companions"
NO_OVERLAYS: Final = "a player without a screen shows no non-linear ads"
NO_ICONS: Final = "a player without a screen shows no icons"
FIRST_LINEAR: Final = "only the first linear creative of an ad is played"
UNDETERMINED: Final = "a player without a screen cannot measure it: viewability is undetermined"
NOT_VERIFIED: Final = "no verification code ran"

Found = Iterator[tuple[Pixel, str]]


def linears(ad: PlayableAd) -> Iterator[tuple[str, Linear]]:
    """The linears whose trackers count: every one of a wrapper, where they only track, and the one that is played."""
    for origin, level in ad.levels:
        found = [creative.linear for creative in level.creatives if creative.linear]
        for linear in found if level.kind == "wrapper" else found[:1]:
            yield origin, linear


def linear_trackers(ad: PlayableAd) -> Iterator[tuple[str, Tracker]]:
    for origin, linear in linears(ad):
        for tracker in linear.trackers:
            yield origin, tracker


def impressions(ad: PlayableAd) -> Iterator[Pixel]:
    return (
        Pixel("impression", link.url, origin) for origin, level in ad.levels for link in level.impressions
    )


def errors(ad: PlayableAd) -> Iterator[Pixel]:
    return (Pixel("error", link.url, origin) for origin, level in ad.levels for link in level.errors)


def clicks(ad: PlayableAd) -> Iterator[Pixel]:
    """ClickTracking and CustomClick."""
    for origin, linear in linears(ad):
        yield from (Pixel("click", link.url, origin) for link in linear.click_tracking)
        yield from (Pixel("customClick", link.url, origin) for link in linear.custom_clicks)


def click_through(ad: PlayableAd) -> str | None:
    """The page a click opens, as written: the InLine's, else that of the wrapper nearest to it."""
    links = [linear.click_through for _, linear in linears(ad) if linear.click_through]
    return links[-1].url if links else None


def unverified(ad: PlayableAd) -> Iterator[Pixel]:
    """Who is told that measurement code did not run (IAB VAST 4.3 §3.17)."""
    for origin, level in ad.levels:
        for verification in level.verifications:
            for tracker in verification.trackers:
                if tracker.event == "verificationNotExecuted":
                    yield Pixel(tracker.event, tracker.url, origin)


def view_undetermined(ad: PlayableAd) -> Iterator[Pixel]:
    for origin, level in ad.levels:
        for viewable in level.viewable:
            yield from (Pixel("viewUndetermined", url, origin) for url in viewable.undetermined)


def unseen(ad: PlayableAd) -> Found:
    """Every tracker that takes a screen, or code that is not run here, with the reason why it is never called."""
    for origin, level in ad.levels:
        yield from _unmeasured(origin, level)
        played = level.linear if level.kind == "inline" else None
        for creative in level.creatives:
            yield from _beside(origin, creative, played)


def _unmeasured(origin: str, level: Ad) -> Found:
    for viewable in level.viewable:
        yield from ((Pixel("viewable", url, origin), UNDETERMINED) for url in viewable.viewable)
        yield from ((Pixel("notViewable", url, origin), UNDETERMINED) for url in viewable.not_viewable)
    for verification in level.verifications:
        others = [tracker for tracker in verification.trackers if tracker.event != "verificationNotExecuted"]
        yield from _of(origin, others, NOT_VERIFIED)


def _beside(origin: str, creative: Creative, played: Linear | None) -> Found:
    linear = creative.linear
    if linear:
        if played is not None and linear is not played:
            yield from _of(origin, linear.trackers, FIRST_LINEAR)
            yield from _clicked(origin, "click", linear.click_tracking, FIRST_LINEAR)
            yield from _clicked(origin, "customClick", linear.custom_clicks, FIRST_LINEAR)
        for icon in linear.icons:
            yield from ((Pixel("iconView", url, origin), NO_ICONS) for url in icon.view_tracking)
            yield from _clicked(origin, "iconClick", icon.click_tracking, NO_ICONS)
    for companion in creative.companions:
        yield from _of(origin, companion.trackers, NO_COMPANIONS)
        yield from _clicked(origin, "companionClick", companion.click_tracking, NO_COMPANIONS)
    yield from _of(origin, creative.non_linear_trackers, NO_OVERLAYS)
    for overlay in creative.non_linears:
        yield from _clicked(origin, "nonLinearClick", overlay.click_tracking, NO_OVERLAYS)


def _of(origin: str, trackers: Iterable[Tracker], reason: str) -> Found:
    return ((Pixel(tracker.event, tracker.url, origin), reason) for tracker in trackers)


def _clicked(origin: str, event: str, links: Iterable[Link], reason: str) -> Found:
    return ((Pixel(event, link.url, origin), reason) for link in links)
