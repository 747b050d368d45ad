"""Which media file the session page shows, and whether the browser may load it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.templatetags.static import static

from playback.chains import body_of
from playback.engine.playing.media import choose_media
from playback.engine.request.resolution import playing_order
from playback.models import Session
from vast.errors import VastError
from vast.playback import read_playback
from vast.recall import recall

# The samples' media stand under a reserved host name; their files are our own.
OWN_MEDIA = "https://ads.example.com/media/"


@dataclass(frozen=True, slots=True)
class Media:
    """``url`` is what the document says; ``source`` is what the page may load, empty when a rule forbids it."""

    url: str
    type: str
    source: str

    @property
    def host(self) -> str:
        """Where the file lies; "" for an address without one."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""


def creatives_of(row: Session) -> list[Media | None]:
    """The file the player chose for each ad of a session, in the order of its ads; None where none can be played."""
    first = row.record.get("ad") or {}
    return [media_of_ad(row, ad) for ad in (first, *first.get("pod", ()))]


def media_of_ad(row: Session, ad: Mapping[str, Any]) -> Media | None:
    """The same for one ad of the session's record: ``ad`` names its document and its place there."""
    document = body_of(row, ad.get("sha256") or "")
    return _chosen(document, ad["index"]) if document else None


def _chosen(document: bytes, ad_index: int) -> Media | None:
    try:
        ads = playing_order(recall(read_playback, document).ads)
    except VastError:
        return None
    linear = ads[ad_index].linear if ad_index < len(ads) else None
    chosen = choose_media(linear.media_files) if linear else None
    return Media(chosen.url, chosen.type or "", _source(chosen.url)) if chosen else None


def _source(url: str) -> str:
    if url.startswith(OWN_MEDIA):
        return static("media/" + url.removeprefix(OWN_MEDIA))
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that are no IPv6 address
        return ""
    return url if f"{parts.scheme}://{parts.netloc}" in settings.MEDIA_HOSTS else ""
