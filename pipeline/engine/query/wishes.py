"""What a tag asks of the answer itself: the receiver settings it names."""

import re
from collections.abc import Mapping
from typing import Any

_OUTPUT = re.compile(r"(?i:(?:xml[_-]?)?vast[_-]?([234])(?:[._]([0-3]))?.*)")


def requested_config(request: Mapping[str, Any]) -> dict[str, Any]:
    """The receiver settings (JSON keys of `merge_config`) that a mapped request asks for; {} for none.

    `vast_version_default` from vast_version, else from the output format (of, output, resp: vast3, xml_vast4, vast4_2);
    `receiver` from receiver. A name that exists nowhere is left to `merge_config`, which remarks on it. How many ads
    are wanted is no setting but a limit of this request: imp.video.maxseq.
    """
    ext = _object(request.get("ext"))
    tag, prebid = _object(ext.get("tag")), _object(ext.get("prebid"))
    wishes = {}
    version = tag.get("vast_version") or _version(prebid.get("of"))
    if version:
        wishes["vast_version_default"] = version if "." in version else f"{version}.0"
    if tag.get("receiver"):
        wishes["receiver"] = tag["receiver"]
    return wishes


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _version(output: Any) -> str:
    found = _OUTPUT.fullmatch(output) if isinstance(output, str) else None
    return f"{found[1]}.{found[2] or 0}" if found else ""
