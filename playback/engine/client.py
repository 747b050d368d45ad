"""VastClient: from a VAST document to the ad to play, or to a typed reason why there is none (playback.md 2.29)."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Protocol, Self, TypeVar

from playback.engine.ad_data import AdData, ErrorPing, NoAd, PlayableAd
from playback.engine.config import PlaybackSessionConfig
from playback.engine.resolver import ConfigResolver, Level
from vast.ad import Ad, Vast, read
from vast.errors import VastError, VastErrorCode
from vast.recall import recall


class VastClient:
    """A source of ads. This one holds a document it was given; `from_xml` makes it."""

    def __init__(self, *, document: bytes, ad_index: int | None = None, lenient: bool = True) -> None:
        self.document = document
        self.ad_index = ad_index
        self.lenient = lenient

    @classmethod
    def from_xml(cls, xml: str | bytes, ad_index: int | None = None, lenient: bool = True) -> Self:
        """A client over one VAST document. `ad_index` picks an ad in playing order; without it the first is played."""
        document = xml.encode() if isinstance(xml, str) else bytes(xml)
        return cls(document=document, ad_index=ad_index, lenient=lenient)

    async def request_ad(self) -> AdData | NoAd:
        """The ad to play. ValueError when `ad_index` names an ad the document does not have."""
        try:
            vast = recall(read, self.document, lenient=self.lenient)
        except VastError as refused:
            return NoAd(int(refused.code), refused.text, refused.reason)
        ads = playing_order(vast.ads)
        if not ads:
            return NoAd(
                int(VastErrorCode.NO_AD),
                "the document holds no ad",
                "EMPTY",
                _root_pings(vast),
                None,
                vast.notices,
            )
        return self._choose(vast, ads)

    def _choose(self, vast: Vast, ads: Sequence[Ad]) -> AdData | NoAd:
        index = self.ad_index or 0
        if not 0 <= index < len(ads):
            raise ValueError(f"ad_index {index} names no ad: the document holds {len(ads)}")
        ad = ads[index]
        if ad.kind == "wrapper":
            uri = ad.wrapper.ad_tag_uri if ad.wrapper else None
            text = f"the ad is a wrapper: its VASTAdTagURI has to be followed first ({uri or 'it has none'})"
            return NoAd(
                int(VastErrorCode.WRAPPER_GENERAL), text, "WRAPPER", _root_pings(vast), uri, vast.notices
            )
        digest = sha256(self.document).hexdigest()
        return AdData((PlayableAd(ad, vast.version, digest, index, (), vast.notices, self.lenient),))

    def get_playback_config(
        self, provider: str | None = None, publisher: str | None = None, override: Level = None, **levels: Any
    ) -> PlaybackSessionConfig:
        """The playback configuration of a provider and publisher, as ConfigResolver.resolve gives it."""
        return ConfigResolver.resolve(provider=provider, publisher=publisher, override=override, **levels)

    async def close(self) -> None:
        """A client over a document holds nothing open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _root_pings(vast: Vast) -> tuple[ErrorPing, ...]:
    return tuple(ErrorPing(url, "root", int(VastErrorCode.NO_AD)) for url in vast.errors)


class _Placed(Protocol):
    @property
    def sequence(self) -> int | None: ...


Placed = TypeVar("Placed", bound=_Placed)


def playing_order(ads: Sequence[Placed]) -> tuple[Placed, ...]:
    """The pod by ascending sequence, then the stand-alone ads in document order (IAB VAST 4.3 §3.3.1)."""
    pod = sorted((ad for ad in ads if ad.sequence is not None), key=lambda ad: ad.sequence or 0)
    return (*pod, *(ad for ad in ads if ad.sequence is None))
