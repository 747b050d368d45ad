"""Turns a session's state into HTML fragments and gives them to whoever watches, in this process or another."""

from collections import Counter
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.template.loader import render_to_string

from playback.engine import BaseVastPlayer
from playback.live.store import stored_view
from playback.session_view import SessionView, view

TEMPLATE = "playback/session.html"
# The log changes only when something happens; the rest moves with the playhead.
MOVING = ("live-head",)
GROWING = ("live-events", "live-ledger")
CONTROLS = "live-controls"

_watchers: Counter[str] = Counter()
_told: dict[str, tuple[Any, ...]] = {}


def group(public_id: str) -> str:
    return f"session.{public_id}"


def watch(public_id: str) -> None:
    _watchers[public_id] += 1


def unwatch(public_id: str) -> None:
    _watchers[public_id] -= 1
    if _watchers[public_id] <= 0:
        del _watchers[public_id]


async def tell(public_id: str, player: BaseVastPlayer | None = None) -> None:
    """News of a running session, unless nothing changed; without a player, the stored end, always."""
    if player is None:
        _told.pop(public_id, None)
    layer = get_channel_layer()
    if not _watchers[public_id] and isinstance(layer, InMemoryChannelLayer):
        return
    if player is None:
        shown = await sync_to_async(stored_view)(public_id)
        parts: tuple[str, ...] = (*MOVING, *GROWING)
    else:
        shown = live_view(public_id, player)
        before = _told.get(public_id, ())
        if shown.news == before:
            return
        _told[public_id] = shown.news
        parts = MOVING if shown.news[3:] == before[3:] else (*MOVING, *GROWING)
    if shown is not None:
        message = {
            "type": "session.news",
            "frames": frames(shown, parts),
            "controls": frames(shown, (CONTROLS,)),
        }
        await layer.group_send(group(public_id), message)


async def present(public_id: str, player: BaseVastPlayer | None) -> dict[str, list[str]] | None:
    """Everything a viewer who arrives now must see; None when there is no such session."""
    shown = live_view(public_id, player) if player else await sync_to_async(stored_view)(public_id)
    if shown is None:
        return None
    return {"frames": frames(shown, (*MOVING, *GROWING)), "controls": frames(shown, (CONTROLS,))}


def live_view(public_id: str, player: BaseVastPlayer) -> SessionView:
    return view(
        public_id=public_id,
        session=player.session,
        ledger=lambda: [entry.to_dict() for entry in player.ledger],
        now=player.state(),
    )


def frames(shown: SessionView, parts: tuple[str, ...]) -> list[str]:
    """One socket frame a part: table rows would be lost in a frame that also holds other elements."""
    return [render_to_string(f"{TEMPLATE}#{part}", {"view": shown}) for part in parts]
