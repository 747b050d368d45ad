"""What the playback engine refuses, each with the name of the thing refused."""

from collections.abc import Iterable


class PlaybackError(Exception):
    """Base of everything the engine raises on purpose."""


class ConfigError(PlaybackError, ValueError):
    """A configuration value nobody can play by. `field` is its dotted name, `known` the names that exist."""

    def __init__(self, field: str, text: str, known: Iterable[str] = ()) -> None:
        self.field = field
        self.text = text
        self.known = tuple(known)
        choices = f"; known: {', '.join(self.known)}" if self.known else ""
        super().__init__(f"{field}: {text}{choices}")


class InvalidTransition(PlaybackError):
    """A move the session's state table does not hold; the session is unchanged."""

    def __init__(self, status: str, move: str) -> None:
        self.status = status
        self.move = move
        super().__init__(f"a {status} session cannot {move}")


class DeliveryUnavailable(PlaybackError, ValueError):
    """A way of delivering pixels this engine does not have, or that lacks something here; nothing was sent."""

    def __init__(self, delivery: str, known: Iterable[str], text: str = "") -> None:
        self.delivery = delivery
        why = f": {text}" if text else ""
        super().__init__(f"delivery {delivery!r} is not available{why}; known: {', '.join(known)}")
