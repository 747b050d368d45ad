"""How receivers change what bidders are asked for (pipeline.md §1.12, row "protocols asked of bidders").

Values: AdCOM 1.0, lists "Creative Subtypes - Audio/Video" and "API Frameworks".
"""

from collections.abc import Callable, Mapping
from typing import Any

Json = Mapping[str, Any]

VAST_2_TO_4 = (2, 3, 7, 5, 6, 8)
"""VAST 2.0, 3.0 and 4.0, and their wrappers."""
VPAID = (1, 2)


def _each_video(request: Json, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """A copy of the request in which every imp.video is a changed copy."""
    imps = request.get("imp")
    if not isinstance(imps, (list, tuple)):
        return dict(request)
    written = []
    for imp in imps:
        if isinstance(imp, Mapping) and isinstance(imp.get("video"), Mapping):
            video = dict(imp["video"])
            change(video)
            written.append({**imp, "video": video})
        else:
            written.append(imp)
    return {**request, "imp": written}


def _add_protocols(video: dict[str, Any]) -> None:
    stated = video.get("protocols")
    kept = list(stated) if isinstance(stated, (list, tuple)) else []
    video["protocols"] = kept + [protocol for protocol in VAST_2_TO_4 if protocol not in kept]


def _remove_vpaid(video: dict[str, Any]) -> None:
    """An api that is not listed counts as not supported (OpenRTB 2.6 §3.2.7), so an empty list goes altogether."""
    stated = video.get("api")
    if not isinstance(stated, (list, tuple)):
        return
    kept = [api for api in stated if api not in VPAID]
    if kept:
        video["api"] = kept
    else:
        del video["api"]


def with_vast_2_to_4(request: Json) -> dict[str, Any]:
    """The request with VAST 2, 3 and 4 and their wrappers among the protocols of every video, behind those stated."""
    return _each_video(request, _add_protocols)


def without_vpaid(request: Json) -> dict[str, Any]:
    """The request without VPAID 1 and 2 among the api frameworks of every video."""
    return _each_video(request, _remove_vpaid)
