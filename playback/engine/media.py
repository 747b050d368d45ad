"""Which media file a television plays: by type and size, never by document order (IAB VAST 4.3 §3.9)."""

from collections.abc import Iterable
from typing import Final

from vast.ad import MediaFile

SCREEN: Final = (1920, 1080)

PLAYABLE_TYPES: Final = frozenset(
    {"video/mp4", "video/webm", "application/x-mpegurl", "application/vnd.apple.mpegurl", "audio/mpegurl"}
)
_TYPE_OF_SUFFIX: Final = {".mp4": "video/mp4", ".webm": "video/webm", ".m3u8": "application/x-mpegurl"}


def media_type(file: MediaFile) -> str:
    """The file's MIME type without parameters, read off the address where the document gives none."""
    stated = (file.type or "").split(";")[0].strip().lower()
    path = file.url.split("?")[0].split("#")[0].lower()
    return stated or next((kind for suffix, kind in _TYPE_OF_SUFFIX.items() if path.endswith(suffix)), "")


def is_playable(file: MediaFile) -> bool:
    """An mp4, webm or HLS file; an apiFramework (VPAID and the like) makes it a program, which is never run."""
    return not file.api_framework and media_type(file) in PLAYABLE_TYPES


def choose_media(files: Iterable[MediaFile]) -> MediaFile | None:
    """The playable file nearest the screen's size, of equal ones the richest; None when nothing can be played."""
    return min((file for file in files if is_playable(file)), key=_preference, default=None)


def _preference(file: MediaFile) -> tuple[int, int, str]:
    width, height = SCREEN
    distance = abs((file.width or 0) - width) + abs((file.height or 0) - height)
    return distance, -(file.bitrate or file.max_bitrate or 0), file.url
