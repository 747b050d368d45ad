"""What a button does to a session: most go to its player, some to the stored row alone."""

from playback.confirming import NotWaiting, discard
from playback.live.runner import COMMANDS as PLAYER_COMMANDS
from playback.live.runner import runner

CLICK = "click"
DISCARD = "discard"
NOT_RUNNING = "This session is not running."
COMMANDS = (*PLAYER_COMMANDS, DISCARD)


def obey(public_id: str, name: str) -> str:
    """Do one of ``COMMANDS`` to a session that exists; "" when it was done or passed on, else why it was not."""
    if name == DISCARD:
        try:
            discard(public_id)
        except NotWaiting:
            return "This session does not wait to be confirmed."
        return ""
    return "" if runner.command(public_id, name) else NOT_RUNNING


def click(public_id: str) -> str | None:
    """Click on the ad: the address of the page that opens, which is not fetched; "" where the ad has none, None when
    the session is not running."""
    return runner.look(public_id, lambda _, player: player.click() or "")
