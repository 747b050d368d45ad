"""What a button does to a session: most go to its player, some to the stored row alone."""

from playback.confirming import NotWaiting, discard
from playback.live.runner import COMMANDS as PLAYER_COMMANDS
from playback.live.runner import runner

DISCARD = "discard"
COMMANDS = (*PLAYER_COMMANDS, DISCARD)


def obey(public_id: str, name: str) -> str:
    """Do one of ``COMMANDS`` to a session that exists; "" when it was done or passed on, else why it was not."""
    if name == DISCARD:
        try:
            discard(public_id)
        except NotWaiting:
            return "This session does not wait to be confirmed."
        return ""
    return "" if runner.command(public_id, name) else "This session is not running."
