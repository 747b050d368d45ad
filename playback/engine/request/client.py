"""VastClient: from a tag or a VAST document to the ads to play, or to a typed reason why there are none.

playback.md 1.6, 2.29, 2.32, 3.4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.configuration.profiles import PROVIDERS
from playback.engine.configuration.resolver import ConfigResolver, Level
from playback.engine.delivery.delivery import deliver_no_ad
from playback.engine.delivery.ledger import no_ad_ledger
from playback.engine.delivery.sending import Sending
from playback.engine.delivery.tracker import VastTracker
from playback.engine.delivery.tracking_client import tracker_config_of
from playback.engine.playing.factory import PlayerFactory
from playback.engine.playing.session import PlaybackSession
from playback.engine.request.ad_data import AdData, NoAd
from playback.engine.request.chain import Chain
from playback.engine.request.client_config import VastClientConfig
from playback.engine.request.embed_http_client import EmbedHttpClient
from playback.engine.request.parser import VastParser
from playback.engine.request.provider_http import macros_of, mapped_macros
from playback.engine.request.request_macros import RecordedMacros, RequestMacros
from playback.engine.request.resolution import Resolution
from playback.engine.request.sources import Live, Recorded, Source
from playback.engine.request.transport import LOOPBACK, Getter, Http, NoNetwork, Transport, travelling
from playback.engine.request.uri import with_parameters
from playback.engine.splitmix import check_seed, session_seed
from playback.engine.time_provider import RealtimeTimeProvider, TimeProvider, fresh_seed
from vast.address import Network, Resolve, system_resolver


class VastClient:
    """A source of ads: a tag's address, a mapping of settings, or a VastClientConfig.

    `overrides` are fields of VastClientConfig. `transport`, `allowed` and `resolve` are those of `transport.Http`;
    addresses of this machine may be asked unless `allowed` says otherwise. `seed` makes the macros of the first
    request and the seeds of later ones; without it each has a fresh one, which its chain records. `embed_client`
    gives headers and macros to the first request, and its address where `url` names none. Raises ConfigError.
    `http` is the Getter for whatever an ad names.
    """

    def __init__(
        self,
        source: str | Mapping[str, Any] | VastClientConfig = "",
        *,
        transport: Transport | None = None,
        allowed: Sequence[Network] = LOOPBACK,
        resolve: Resolve = system_resolver,
        clock: TimeProvider | None = None,
        seed: int | None = None,
        embed_client: EmbedHttpClient | None = None,
        **overrides: Any,
    ) -> None:
        self.config = _config(source, overrides)
        self.document: bytes | None = None
        self.ad_index: int | None = None
        self.embed_client = embed_client.copy() if embed_client else EmbedHttpClient()
        self._own_http = Http(
            transport=transport,
            allowed=allowed,
            resolve=resolve,
            ssl_verify=self.config.ssl_verify,
            clock=clock,
        )
        self.http: Getter = self._own_http
        self._clock = clock or RealtimeTimeProvider()
        self._seed = None if seed is None else check_seed(seed)
        self._requests = 0
        self._recorded: Chain | None = None
        self._ad_data: AdData | NoAd | None = None
        self._tracker: VastTracker | None = None

    @classmethod
    def from_xml(
        cls, xml: str | bytes, ad_index: int | None = None, lenient: bool = True, **options: Any
    ) -> Self:
        """A client over one VAST document, which is hop 1; its wrappers are followed.

        `ad_index` picks an ad in playing order; without it a pod is played as a whole. `options` are the constructor's.
        """
        client = cls(lenient=lenient, **options)
        client.document = xml.encode() if isinstance(xml, str) else bytes(xml)
        client.ad_index = ad_index
        return client

    @classmethod
    def from_uri(cls, uri: str, **options: Any) -> Self:
        """A client of the tag at an address."""
        return cls(uri, **options)

    @classmethod
    def from_config(cls, config: Mapping[str, Any] | VastClientConfig, **options: Any) -> Self:
        """A client with these settings."""
        return cls(config, **options)

    @classmethod
    def from_embed(cls, embed_client: EmbedHttpClient, **options: Any) -> Self:
        """A client of the ad request an EmbedHttpClient describes."""
        return cls(embed_client=embed_client, **options)

    @classmethod
    def from_chain(
        cls,
        chain: Chain | Mapping[str, Any],
        config: Mapping[str, Any] | VastClientConfig | None = None,
        *,
        ad_index: int | None = None,
        **options: Any,
    ) -> Self:
        """A client that replays a request for an ad: the recorded hops answer, the network is blocked.

        Under the settings it was recorded with it gives equal ads, or an equal no-ad, and an equal chain.
        ValueError for a chain without hops.
        """
        recorded = chain if isinstance(chain, Chain) else Chain.from_dict(chain)
        if not recorded.hops:
            raise ValueError("a chain without hops cannot be replayed")
        first = recorded.hops[0]
        client = cls(config or {}, **{**options, "url": first.url, "seed": recorded.seed})
        client.document = None if first.url else first.body
        client.ad_index = ad_index
        client.http = NoNetwork("a replay asks nobody")
        client._recorded = recorded
        return client

    @cached_property
    def parser(self) -> VastParser:
        """What reads a document, such as the body of a hop, as the settings say: with their XPaths, for their
        publisher."""
        return VastParser(self.config.parser, self.config.publisher)

    @property
    def delivery(self) -> str:
        """How what an ad names is called: live, sandbox or dry_run. A replay calls nobody."""
        return "dry_run" if self._recorded else self.config.delivery

    async def request_ad(
        self, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> AdData | NoAd:
        """The ads to play, or why there are none. `params` and `headers` go over those of the settings.

        The Error addresses of a missing ad are called, where delivery is live and tracking enabled, before this
        returns. ValueError when `ad_index` names an ad the document does not have; nothing the network or a document
        does is raised.
        """
        recorded = self._recorded
        parameters = {**self.config.params, **(params or {})}
        sent = self._headers(headers)
        resolution = Resolution(
            self.config, self._source(), self._macros(parameters), sent, ad_index=self.ad_index
        )
        self._requests += 1
        if self.document is not None:
            answer = await resolution.of_document(self.document)
        else:
            answer = await resolution.of_url(recorded.hops[0].url if recorded else self._url(parameters))
        if isinstance(answer, NoAd):
            answer = await self._tell(answer, sent)
        self._ad_data, self._tracker = answer, None
        return answer

    async def track_event(
        self, event: str, macros: Mapping[str, Any] | None = None
    ) -> tuple[Sending, ...] | NoAd:
        """Sends an event of the ad that was requested last (requested now, if none was), as VastTracker does.

        A NoAd is returned as it is.
        """
        ad_data = self._ad_data or await self.request_ad()
        if isinstance(ad_data, NoAd):
            return ad_data
        if self._tracker is None:
            self._tracker = VastTracker.for_ad(self, ad_data)
        return await self._tracker.track_event(event, macros)

    async def play_ad(
        self,
        ad_data: AdData | NoAd | None = None,
        *,
        mode: str | None = None,
        config: PlaybackSessionConfig | Mapping[str, Any] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> PlaybackSession | NoAd:
        """Plays an ad, requesting it first where none is given; a NoAd is returned as it is.

        `options` are those of PlayerFactory.create. Without a `config` it is the client's own.
        """
        ad = await self.request_ad() if ad_data is None else ad_data
        if isinstance(ad, NoAd):
            return ad
        own = self.get_playback_config() if config is None else config
        return await PlayerFactory.create(self, ad, mode, own, seed=seed, **options).play()

    def get_playback_config(
        self,
        provider: str | None = None,
        publisher: str | None = None,
        override: Level = None,
        **levels: Any,
    ) -> PlaybackSessionConfig:
        """The playback configuration of a provider and publisher, as ConfigResolver.resolve gives it.

        The client's own provider (where it has a profile) and publisher serve where none is named; its `playback` is
        the global level, else that of its tracker. ConfigError for an unknown name.
        """
        known = levels.get("providers") or PROVIDERS
        own = self.config.provider if self.config.provider in known else None
        return ConfigResolver.resolve(
            provider=provider or own,
            publisher=publisher or self.config.publisher,
            override=override,
            **{"global_config": self.config.playback or tracker_config_of(self).playback, **levels},
        )

    async def close(self) -> None:
        """Closes the connections of the running loop."""
        await self._own_http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _url(self, parameters: Mapping[str, Any]) -> str:
        """The first address as written, macros in place."""
        if not self.config.url:
            return self.embed_client.build_url(parameters)
        return with_parameters(self.config.url, parameters, self.embed_client.encoding_config)

    def _headers(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return self.embed_client.with_headers(self.config.headers).get_headers(headers)

    def _source(self) -> Source:
        return Recorded(self._recorded) if self._recorded else Live(self.http, self._clock)

    def _macros(self, parameters: Mapping[str, Any]) -> RequestMacros:
        provider = self.config.provider
        given = {
            "provider": macros_of(provider).static,
            "request parameter": mapped_macros(provider, {**self.embed_client.base_params, **parameters}),
            "embed client": self.embed_client.get_macros(),
            "configuration": self.config.macros,
        }
        formats = tracker_config_of(self).macro_formats
        if self._recorded:
            return RecordedMacros(self._recorded, given, formats)
        return RequestMacros(self._next_seed(), self._clock.stamp(self._clock.time()), given, formats)

    def _next_seed(self) -> int:
        if self._seed is None:
            return fresh_seed()
        return session_seed(self._seed, self._requests) if self._requests else self._seed

    async def _tell(self, answer: NoAd, headers: Mapping[str, str]) -> NoAd:
        sendings = await deliver_no_ad(answer, self, clock=self._clock, headers=travelling(headers))
        return replace(answer, ledger=tuple(no_ad_ledger(answer, sendings, tracker_config_of(self))))


def _config(
    source: str | Mapping[str, Any] | VastClientConfig, overrides: Mapping[str, Any]
) -> VastClientConfig:
    if isinstance(source, str):
        config = VastClientConfig.from_dict({"url": source})
    elif isinstance(source, VastClientConfig):
        config = source
    else:
        config = VastClientConfig.from_dict(source)
    return config.evolve(**overrides) if overrides else config
