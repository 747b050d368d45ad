"""A tag asked as a test asks it: no headers, a peer of no meaning, the id "req-1"."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pipeline.engine import Notice, request_from_query

PEER = "192.0.2.1"


def asked(
    query: str, headers: Mapping[str, str] | None = None, peer: str = PEER, **more: Any
) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    return request_from_query(query, headers or {}, peer, new_id=lambda: "req-1", **more)


def request(
    query: str, headers: Mapping[str, str] | None = None, peer: str = PEER, **more: Any
) -> dict[str, Any]:
    return asked(query, headers, peer, **more)[0]


def video(query: str) -> dict[str, Any]:
    found: dict[str, Any] = request(query)["imp"][0]["video"]
    return found


def at(tree: Any, path: str) -> Any:
    """What stands at a dotted path, where a list means its one entry; None when nothing does."""
    for key in path.split("."):
        tree = tree[0] if isinstance(tree, list) else tree
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def line(name: str, text: str, context: str = "") -> str:
    pair = f"{name}={quote(text, safe='')}"
    return f"{context}&{pair}" if context else pair


def codes(notices: tuple[Notice, ...]) -> list[str]:
    return [notice.code for notice in notices]
