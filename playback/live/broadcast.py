"""Tells whoever watches a session, in this process or another, what became of it: drawn once, sent to each."""

import time
from collections.abc import Mapping

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from playback.engine import BaseVastPlayer
from playback.live.board import CONTROLS, Board
from playback.live.hub import Hub, Viewer, encoded
from playback.live.relay import Relay
from playback.live.store import stored_view
from playback.session_page.view import SessionView, view

hub = Hub()
relay = Relay(hub, get_channel_layer())
_boards: dict[str, Board] = {}


def group(public_id: str) -> str:
    """What all who look at a session see."""
    return f"session.{public_id}"


def controls(public_id: str) -> str:
    """What those see besides who may command it."""
    return f"session.{public_id}.controls"


async def watch(public_id: str, viewer: Viewer, *, commands: bool) -> None:
    """From now on this viewer's news of the session wait for its ``begin``, so that nothing falls between."""
    first = not hub.watched(group(public_id))
    hub.join(group(public_id), viewer)
    if commands:
        hub.join(controls(public_id), viewer)
    if first:
        await relay.watch(group(public_id))


async def unwatch(public_id: str, viewer: Viewer) -> None:
    viewer.leave()
    for topic in (group(public_id), controls(public_id)):
        hub.leave(topic, viewer)
    if not hub.watched(group(public_id)):
        await relay.unwatch(group(public_id))


async def tell(public_id: str, player: BaseVastPlayer | None = None) -> None:
    """News of a running session, unless nothing changed; without a player, the stored end, always."""
    if player is None:
        _boards.pop(public_id, None)
    if not hub.watched(group(public_id)) and not relay.leads_elsewhere:
        _boards.pop(public_id, None)
        return
    if player is None:
        shown = await sync_to_async(stored_view)(public_id)
        news = Board().update(shown, time.monotonic()) if shown else {}
    else:
        board = _boards.setdefault(public_id, Board())
        news = board.update(live_view(public_id, player), time.monotonic())
    await _tell(public_id, news)


async def _tell(public_id: str, news: Mapping[str, str]) -> None:
    if not news:
        return
    topics = {
        group(public_id): {part: html for part, html in news.items() if part != CONTROLS},
        controls(public_id): {part: html for part, html in news.items() if part == CONTROLS},
    }
    for topic, parts in topics.items():
        hub.tell(topic, parts)
    await relay.tell(group(public_id), topics)


async def present(public_id: str, player: BaseVastPlayer | None, *, commands: bool) -> dict[str, dict] | None:
    """Everything a viewer who arrives now must see, as messages by part; None when there is no such session.

    Who joins others sees what they were told last, a moment ago; nothing is drawn for him alone.
    """
    board = _boards.get(public_id) if player else Board()
    if board is None or not board.parts:
        shown = live_view(public_id, player) if player else await sync_to_async(stored_view)(public_id)
        if shown is None:
            return None
        board = board or Board()
        board.update(shown, time.monotonic())
        if player:
            _boards[public_id] = board
    return encoded({part: html for part, html in board.parts.items() if commands or part != CONTROLS})


def live_view(public_id: str, player: BaseVastPlayer) -> SessionView:
    return view(
        public_id=public_id,
        session=player.session,
        ledger=lambda: [entry.to_dict() for entry in player.ledger],
        now=player.state(),
        sent=player.delivery.progress,
    )
