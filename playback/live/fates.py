"""What became of a session's pixels and ads: from the player while it runs here, from the row afterwards."""

from typing import Any

from playback.engine import BaseVastPlayer
from playback.live.runner import runner
from playback.live.store import parts_of, stored_entries
from playback.models import Session

Fates = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def fates_of(row: Session) -> Fates:
    """The ledger and the ads of a session, JSON-native. Needs the ledger of the row loaded."""
    running = runner.look(row.public_id, _of_player)
    return (stored_entries(row), row.ledger.parts) if running is None else running


def _of_player(_public_id: str, player: BaseVastPlayer) -> Fates:
    return [entry.to_dict() for entry in player.ledger], parts_of(player)
