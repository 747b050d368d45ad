"""What a player does with VAST, in real or simulated time. A library: no Django, no network, no hidden clock."""

from playback.engine.ad_data import AdData, NoAd
from playback.engine.breaks import breaks_of
from playback.engine.client import VastClient
from playback.engine.config import DEFAULT_CONFIG, PlaybackSessionConfig
from playback.engine.errors import ConfigError, DeliveryUnavailable, InvalidTransition, PlaybackError
from playback.engine.factory import PlayerFactory
from playback.engine.interruptions import InterruptionReason, InterruptionRule
from playback.engine.ledger import LedgerEntry
from playback.engine.parser import ExtractMode, VastParser, VastParserConfig, XPathSpec
from playback.engine.player import BaseVastPlayer, HeadlessPlayer, SessionStore, VastPlayer
from playback.engine.profiles import (
    PROFILE_SETS,
    PROVIDER_LABELS,
    PROVIDERS,
    get_provider_rules,
    provider_configs,
)
from playback.engine.resolver import ConfigResolver
from playback.engine.session import PlaybackEvent, PlaybackSession, PlaybackStatus
from playback.engine.snapshot import PlaybackSessionState
from playback.engine.time_provider import RealtimeTimeProvider, SimulatedTimeProvider, TimeProvider

__all__ = [
    "DEFAULT_CONFIG",
    "PROFILE_SETS",
    "PROVIDERS",
    "PROVIDER_LABELS",
    "AdData",
    "BaseVastPlayer",
    "ConfigError",
    "ConfigResolver",
    "DeliveryUnavailable",
    "ExtractMode",
    "HeadlessPlayer",
    "InterruptionReason",
    "InterruptionRule",
    "InvalidTransition",
    "LedgerEntry",
    "NoAd",
    "PlaybackError",
    "PlaybackEvent",
    "PlaybackSession",
    "PlaybackSessionConfig",
    "PlaybackSessionState",
    "PlaybackStatus",
    "PlayerFactory",
    "RealtimeTimeProvider",
    "SessionStore",
    "SimulatedTimeProvider",
    "TimeProvider",
    "VastClient",
    "VastParser",
    "VastParserConfig",
    "VastPlayer",
    "XPathSpec",
    "breaks_of",
    "get_provider_rules",
    "provider_configs",
]
