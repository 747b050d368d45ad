"""PlayerFactory: the right player for a mode (decided by argument, configuration or environment; playback.md 2.24)."""

import os
from collections.abc import Mapping
from typing import Any, Final

from playback.engine.configuration.config import DEFAULT_CONFIG, MODES, PlaybackSessionConfig
from playback.engine.delivery.sandbox import Collector
from playback.engine.errors import ConfigError
from playback.engine.playing.player import HeadlessPlayer, VastPlayer
from playback.engine.playing.session import PlaybackSession
from playback.engine.playing.store import SessionStore
from playback.engine.request.ad_data import AdData, NoAd
from playback.engine.time_provider import TimeProvider

MODE_VARIABLE: Final = "VASTDASH_PLAYBACK_MODE"

PLAYERS: Final[Mapping[str, type[VastPlayer] | type[HeadlessPlayer]]] = {
    "real": VastPlayer,
    "headless": HeadlessPlayer,
}


class PlayerFactory:
    """Creates the player instance for a mode; its arguments are never changed."""

    @staticmethod
    def create(
        vast_client: Any,
        ad_data: AdData | NoAd,
        mode: str | None = None,
        config: PlaybackSessionConfig | Mapping[str, Any] | None = None,
        *,
        seed: int | None = None,
        session: PlaybackSession | None = None,
        time_provider: TimeProvider | None = None,
        store: SessionStore | None = None,
        delivery: str | None = None,
        collector: Collector | None = None,
        delivery_clock: TimeProvider | None = None,
        env: Mapping[str, str] | None = None,
        session_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        watched: bool = False,
    ) -> VastPlayer | HeadlessPlayer:
        """A player. `mode` beats `config.mode`, which beats `env["VASTDASH_PLAYBACK_MODE"]`; "auto" asks the next.

        `delivery` is dry_run, sandbox (with a `collector`) or live; without it a real player sends where its client has
        `http` and is there for that. A stored `session` is continued in its own mode and configuration. `env` defaults
        to the process environment.
        Raises ConfigError for an unknown mode, and what BaseVastPlayer raises.
        """
        if not isinstance(config, PlaybackSessionConfig | None):
            config = PlaybackSessionConfig.from_dict(config)
        wanted = session.config.mode if session else choose_mode(mode, config or DEFAULT_CONFIG, env)
        return PLAYERS[wanted](
            vast_client,
            ad_data,
            config,
            seed=seed,
            session=session,
            time_provider=time_provider,
            store=store,
            delivery=delivery,
            collector=collector,
            delivery_clock=delivery_clock,
            session_id=session_id,
            metadata=metadata,
            watched=watched,
        )


def choose_mode(mode: str | None, config: PlaybackSessionConfig, env: Mapping[str, str] | None = None) -> str:
    """real or headless: the first of argument, configuration and environment that is not "auto", else real.

    ConfigError for a mode that does not exist, wherever it was named.
    """
    chosen = _known("mode", "auto" if mode is None else mode)
    if chosen == "auto":
        chosen = config.mode
    if chosen == "auto":
        environment = os.environ if env is None else env
        chosen = _known(MODE_VARIABLE, environment.get(MODE_VARIABLE, "").strip().lower() or "auto")
    return "real" if chosen == "auto" else chosen


def _known(name: str, mode: str) -> str:
    if mode not in MODES:
        raise ConfigError(name, f"unknown mode {mode!r}", MODES)
    return mode
