"""What a player does with VAST, in real or simulated time. A library: no Django, no network, no hidden clock."""

from playback.engine.ad_data import AdData, ErrorPing, Fault, NoAd, PingRow, PlayableAd
from playback.engine.chain import Chain, Hop, Outcome, Redirect
from playback.engine.client import VastClient
from playback.engine.client_config import VastClientConfig
from playback.engine.config import DEFAULT_CONFIG, PlaybackSessionConfig
from playback.engine.embed_http_client import EmbedHttpClient, VastEmbedHttpClient
from playback.engine.errors import ConfigError, DeliveryUnavailable, InvalidTransition, PlaybackError
from playback.engine.factory import PlayerFactory
from playback.engine.interruptions import InterruptionReason, InterruptionRule
from playback.engine.ledger import LedgerEntry
from playback.engine.player import BaseVastPlayer, HeadlessPlayer, SessionStore, VastPlayer
from playback.engine.profiles import (
    PROFILE_SETS,
    PROVIDER_LABELS,
    PROVIDERS,
    get_provider_rules,
    provider_configs,
)
from playback.engine.provider_http import PROVIDER_MACROS, ProviderMacros
from playback.engine.provider_http_loader import IPPoolSelector, ProviderConfigLoader, TemplateResolver
from playback.engine.resolver import ConfigResolver
from playback.engine.session import PlaybackEvent, PlaybackSession, PlaybackStatus
from playback.engine.snapshot import PlaybackSessionState
from playback.engine.time_provider import RealtimeTimeProvider, SimulatedTimeProvider, TimeProvider
from playback.engine.transport import LOOPBACK, Fetched, Getter, Http, NoNetwork

__all__ = [
    "DEFAULT_CONFIG",
    "LOOPBACK",
    "PROFILE_SETS",
    "PROVIDERS",
    "PROVIDER_LABELS",
    "PROVIDER_MACROS",
    "AdData",
    "BaseVastPlayer",
    "Chain",
    "ConfigError",
    "ConfigResolver",
    "DeliveryUnavailable",
    "EmbedHttpClient",
    "ErrorPing",
    "Fault",
    "Fetched",
    "Getter",
    "HeadlessPlayer",
    "Hop",
    "Http",
    "IPPoolSelector",
    "InterruptionReason",
    "InterruptionRule",
    "InvalidTransition",
    "LedgerEntry",
    "NoAd",
    "NoNetwork",
    "Outcome",
    "PingRow",
    "PlayableAd",
    "PlaybackError",
    "PlaybackEvent",
    "PlaybackSession",
    "PlaybackSessionConfig",
    "PlaybackSessionState",
    "PlaybackStatus",
    "PlayerFactory",
    "ProviderConfigLoader",
    "ProviderMacros",
    "RealtimeTimeProvider",
    "Redirect",
    "SessionStore",
    "SimulatedTimeProvider",
    "TemplateResolver",
    "TimeProvider",
    "VastClient",
    "VastClientConfig",
    "VastEmbedHttpClient",
    "VastPlayer",
    "get_provider_rules",
    "provider_configs",
]
