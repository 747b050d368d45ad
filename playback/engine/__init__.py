"""What a player does with VAST, in real or simulated time. A library: no Django, no network, no hidden clock."""

from playback.engine.ad_data import AdData, ErrorPing, Fault, NoAd, PlayableAd
from playback.engine.breaks import breaks_of
from playback.engine.capabilities import (
    with_http_send,
    with_interruption,
    with_logging,
    with_macros,
    with_playback_state,
    with_retry_logic,
    with_state,
)
from playback.engine.chain import Chain, Hop, Outcome, Redirect
from playback.engine.client import VastClient
from playback.engine.client_config import VastClientConfig
from playback.engine.config import DEFAULT_CONFIG, PlaybackSessionConfig
from playback.engine.context import TrackingContext
from playback.engine.delivery import DELIVERIES, Delivery, deliver_no_ad
from playback.engine.embed_http_client import EmbedHttpClient, VastEmbedHttpClient
from playback.engine.errors import ConfigError, DeliveryUnavailable, InvalidTransition, PlaybackError
from playback.engine.factory import PlayerFactory
from playback.engine.interruptions import InterruptionReason, InterruptionRule
from playback.engine.ledger import LedgerEntry, ledger_of, macro_table, no_ad_ledger
from playback.engine.parser import ExtractMode, VastParser, VastParserConfig, XPathSpec
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
from playback.engine.sandbox import Collector
from playback.engine.sending import Attempt, Capability, Sending
from playback.engine.session import PlaybackEvent, PlaybackSession, PlaybackStatus
from playback.engine.simulate import Simulation, simulate
from playback.engine.snapshot import PlaybackSessionState
from playback.engine.time_provider import RealtimeTimeProvider, SimulatedTimeProvider, TimeProvider
from playback.engine.trackable import Trackable, TrackableCollection, TrackableEvent
from playback.engine.tracker import VastTracker
from playback.engine.tracker_config import VastTrackerConfig, tracker_config
from playback.engine.transport import LOOPBACK, Fetched, Getter, Http, NoNetwork

__all__ = [
    "DEFAULT_CONFIG",
    "DELIVERIES",
    "LOOPBACK",
    "PROFILE_SETS",
    "PROVIDERS",
    "PROVIDER_LABELS",
    "PROVIDER_MACROS",
    "AdData",
    "Attempt",
    "BaseVastPlayer",
    "Capability",
    "Chain",
    "Collector",
    "ConfigError",
    "ConfigResolver",
    "Delivery",
    "DeliveryUnavailable",
    "EmbedHttpClient",
    "ErrorPing",
    "ExtractMode",
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
    "Sending",
    "SessionStore",
    "SimulatedTimeProvider",
    "Simulation",
    "TemplateResolver",
    "TimeProvider",
    "Trackable",
    "TrackableCollection",
    "TrackableEvent",
    "TrackingContext",
    "VastClient",
    "VastClientConfig",
    "VastEmbedHttpClient",
    "VastParser",
    "VastParserConfig",
    "VastPlayer",
    "VastTracker",
    "VastTrackerConfig",
    "XPathSpec",
    "breaks_of",
    "deliver_no_ad",
    "get_provider_rules",
    "ledger_of",
    "macro_table",
    "no_ad_ledger",
    "provider_configs",
    "simulate",
    "tracker_config",
    "with_http_send",
    "with_interruption",
    "with_logging",
    "with_macros",
    "with_playback_state",
    "with_retry_logic",
    "with_state",
]
