"""Turns a session's state into HTML fragments and gives them to whoever watches, in this process or another."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.template.loader import render_to_string

from playback.engine import BaseVastPlayer
from playback.live.store import stored_view
from playback.session_view import SessionView, view

TEMPLATE = "playback/session.html"
# The log changes only when something happens; the rest moves with the playhead.
MOVING = ("live-head",)
GROWING = ("live-delivery", "live-events", "live-fates", "live-ledger")
CONTROLS = "live-controls"
ALL = (*MOVING, *GROWING, CONTROLS)
ALL_EVERY_SEC = 5.0

_watchers: Counter[str] = Counter()


class Told(NamedTuple):
    """What the viewers of a session know, and when they were last told everything."""

    news: tuple[Any, ...]
    all_at: float


NOTHING_TOLD = Told((), float("-inf"))
_told: dict[str, Told] = {}


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
    before = _told.pop(public_id, NOTHING_TOLD)
    layer = get_channel_layer()
    if not _watchers[public_id] and isinstance(layer, InMemoryChannelLayer):
        return
    if player is None:
        shown, parts = await sync_to_async(stored_view)(public_id), ALL
    else:
        shown = live_view(public_id, player)
        parts, _told[public_id] = _changed(shown, before)
    if shown is not None and parts:
        message = {
            "type": "session.news",
            "frames": frames(shown, [part for part in parts if part != CONTROLS]),
            "controls": frames(shown, [part for part in parts if part == CONTROLS]),
        }
        await layer.group_send(group(public_id), message)


def _changed(shown: SessionView, before: Told) -> tuple[tuple[str, ...], Told]:
    """The parts to send, and what is told with them: all now and then, else those whose state is another.

    A full layer drops news of a slow viewer, so nothing may rest on one message. A button that is replaced under
    a hand or a focus ring is lost to both, so the controls are not sent with every step of the playhead.
    """
    now, news = time.monotonic(), shown.news
    if now - before.all_at >= ALL_EVERY_SEC:
        return ALL, Told(news, now)
    parts = MOVING if news != before.news else ()
    parts += GROWING if news[4:] != before.news[4:] else ()
    parts += (CONTROLS,) if news[:3] != before.news[:3] else ()
    return parts, Told(news, before.all_at)


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


def frames(shown: SessionView, parts: Iterable[str]) -> list[str]:
    """One socket frame a part: table rows would be lost in a frame that also holds other elements."""
    return [render_to_string(f"{TEMPLATE}#{part}", {"view": shown}) for part in parts]
