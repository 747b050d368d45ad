"""What a player does with VAST, in real or simulated time. A library: no Django, no network, no hidden clock."""

from playback.engine.configuration.config import DEFAULT_CONFIG, PlaybackSessionConfig
from playback.engine.configuration.interruptions import InterruptionReason, InterruptionRule
from playback.engine.configuration.profiles import (
    PROFILE_SETS,
    PROVIDER_LABELS,
    PROVIDERS,
    get_provider_rules,
    provider_configs,
)
from playback.engine.configuration.resolver import ConfigResolver
from playback.engine.configuration.trace import Absent, Traced, trace
from playback.engine.delivery.capabilities import (
    with_event_filtering,
    with_http_send,
    with_interruption,
    with_logging,
    with_macros,
    with_playback_state,
    with_retry_logic,
    with_state,
)
from playback.engine.delivery.context import TrackingContext
from playback.engine.delivery.delivery import DELIVERIES, Delivery, deliver_no_ad
from playback.engine.delivery.ledger import LedgerEntry, ledger_of, macro_table, no_ad_ledger
from playback.engine.delivery.sandbox import Collector
from playback.engine.delivery.sending import Attempt, Capability, Sending
from playback.engine.delivery.trackable import Trackable, TrackableCollection, TrackableEvent
from playback.engine.delivery.tracker import VastTracker
from playback.engine.delivery.tracker_config import VastTrackerConfig, tracker_config
from playback.engine.errors import ConfigError, DeliveryUnavailable, InvalidTransition, PlaybackError
from playback.engine.playing.factory import PlayerFactory
from playback.engine.playing.player import BaseVastPlayer, HeadlessPlayer, VastPlayer
from playback.engine.playing.replay import (
    Replay,
    Step,
    record_differences,
    redrawn,
    replay,
    replay_otherwise,
    without_lateness,
)
from playback.engine.playing.session import PlaybackEvent, PlaybackSession, PlaybackStatus
from playback.engine.playing.snapshot import PlaybackSessionState
from playback.engine.playing.store import SessionStore
from playback.engine.request.ad_data import AdData, ErrorPing, Fault, NoAd, PlayableAd
from playback.engine.request.breaks import breaks_of
from playback.engine.request.chain import Chain, Hop, Outcome, Redirect
from playback.engine.request.client import VastClient
from playback.engine.request.client_config import VastClientConfig
from playback.engine.request.embed_http_client import EmbedHttpClient, VastEmbedHttpClient
from playback.engine.request.parser import ExtractMode, VastParser, VastParserConfig, XPathSpec
from playback.engine.request.provider_http import PROVIDER_MACROS, ProviderMacros
from playback.engine.request.provider_http_loader import (
    IPPoolSelector,
    ProviderConfigLoader,
    TemplateResolver,
)
from playback.engine.request.transport import LOOPBACK, Fetched, Getter, Http, NoNetwork
from playback.engine.simulation.passage import Passage
from playback.engine.simulation.screening import Ending, LeanSession
from playback.engine.simulation.simulate import Simulation, simulate
from playback.engine.time_provider import RealtimeTimeProvider, SimulatedTimeProvider, TimeProvider

__all__ = [
    "DEFAULT_CONFIG",
    "DELIVERIES",
    "LOOPBACK",
    "PROFILE_SETS",
    "PROVIDERS",
    "PROVIDER_LABELS",
    "PROVIDER_MACROS",
    "Absent",
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
    "Ending",
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
    "LeanSession",
    "LedgerEntry",
    "NoAd",
    "NoNetwork",
    "Outcome",
    "Passage",
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
    "Replay",
    "Sending",
    "SessionStore",
    "SimulatedTimeProvider",
    "Simulation",
    "Step",
    "TemplateResolver",
    "TimeProvider",
    "Traced",
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
    "record_differences",
    "redrawn",
    "replay",
    "replay_otherwise",
    "simulate",
    "trace",
    "tracker_config",
    "with_event_filtering",
    "with_http_send",
    "with_interruption",
    "with_logging",
    "with_macros",
    "with_playback_state",
    "with_retry_logic",
    "with_state",
    "without_lateness",
]
