"""The ads of a VAST document in playing order, as a choice for people."""

from playback.engine.request.resolution import playing_order
from vast.durations import format_duration
from vast.errors import VastError
from vast.playback import AdToPlay, read_playback
from vast.recall import recall


def ads_of(xml: str) -> list[str]:
    """One label an ad, indexed as ``VastClient.from_xml(ad_index=…)`` counts; empty when there is none to read."""
    try:
        ads = playing_order(recall(read_playback, xml).ads)
    except VastError:
        return []
    return [_label(number, ad) for number, ad in enumerate(ads, 1)]


def _label(number: int, ad: AdToPlay) -> str:
    what = "Wrapper, followed when played" if ad.kind == "wrapper" else (ad.ad_title or "untitled")[:80]
    length = f", {format_duration(ad.duration_ms)}" if ad.duration_ms else ""
    return f"{number}. {what} ({ad.id or 'no id'}{length})"
