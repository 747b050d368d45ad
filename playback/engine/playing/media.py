"""Which media file a television plays: by type and size, never by document order (IAB VAST 4.3 §3.9); and why an ad
cannot be played.

Audio ads (adType="audio" since VAST 4.1) play as well; a file with a picture goes before one without.
"""

from collections.abc import Iterable
from typing import Final, Literal

from playback.engine.request.ad_data import Fault, PlayableAd
from vast.ad import MediaFile
from vast.errors import VastErrorCode

SCREEN: Final = (1920, 1080)
Delivery = Literal["progressive", "streaming"]

AUDIO_TYPES: Final = frozenset({"audio/mpeg", "audio/mp4", "audio/aac"})
PLAYABLE_TYPES: Final = AUDIO_TYPES | {
    "video/mp4",
    "video/webm",
    "application/x-mpegurl",
    "application/vnd.apple.mpegurl",
    "audio/mpegurl",
}
_TYPE_OF_SUFFIX: Final = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".m3u8": "application/x-mpegurl",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
}


UNPLAYABLE_CODECS: Final = frozenset(
    {"theora", "vp6", "vp6f", "flv1", "h263", "sorenson", "wmv1", "wmv2", "wmv3"}
)


def media_type(file: MediaFile) -> str:
    """The file's MIME type without parameters, read off the address where the document gives none."""
    stated = (file.type or "").split(";")[0].strip().lower()
    path = file.url.split("?")[0].split("#")[0].lower()
    return stated or next((kind for suffix, kind in _TYPE_OF_SUFFIX.items() if path.endswith(suffix)), "")


def is_playable(file: MediaFile) -> bool:
    """An mp4, webm, HLS or audio file in a codec televisions know.

    An apiFramework (VPAID and the like) makes it a program, which is never run.
    """
    unknown = (file.codec or "").strip().lower() in UNPLAYABLE_CODECS
    return not file.api_framework and not unknown and media_type(file) in PLAYABLE_TYPES


def choose_media(
    files: Iterable[MediaFile],
    *,
    screen: tuple[int, int] = SCREEN,
    bandwidth_kbps: int | None = None,
    prefer: Delivery | None = None,
) -> MediaFile | None:
    """The playable file that fits best; None when nothing can be played.

    First what has a picture, then what the bandwidth carries (where nothing does, the smallest), then the preferred
    delivery, then the size nearest the screen, of equal ones the richest.
    """

    def preference(file: MediaFile) -> tuple[bool, int, bool, int, int, str]:
        rate = file.bitrate or file.max_bitrate or 0
        excess = max(rate - bandwidth_kbps, 0) if bandwidth_kbps is not None else 0
        distance = abs((file.width or 0) - screen[0]) + abs((file.height or 0) - screen[1])
        sound_only = media_type(file) in AUDIO_TYPES
        return sound_only, excess, prefer is not None and file.delivery != prefer, distance, -rate, file.url

    return min(filter(is_playable, files), key=preference, default=None)


def fault_of(ad: PlayableAd, media: MediaFile | None) -> Fault | None:
    """Why an ad of which this file would be played cannot be; None where it can."""
    linear = ad.linear
    if linear is None:
        return Fault(VastErrorCode.LINEARITY, "the ad has no linear creative")
    if ad.duration_ms is None:
        stated = (
            f"its Duration {linear.duration_text[:40]!r} cannot be read"
            if linear.duration_text
            else "no Duration"
        )
        return Fault(VastErrorCode.SCHEMA, f"the length of the ad is unknown: {stated}")
    if ad.duration_ms <= 0:
        return Fault(VastErrorCode.DURATION, "the ad has a duration of zero")
    if media is None:
        kinds = sorted({file.type or "no type" for file in linear.media_files}) or ["none"]
        return Fault(VastErrorCode.MEDIA_UNSUPPORTED, f"no media file can be played ({', '.join(kinds)})")
    return None
