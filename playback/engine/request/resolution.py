"""From a tag or a document to the ads to play, wrapper by wrapper, with every hop kept (IAB VAST 4.3 §2.3.4, §3.19).

playback.md 3.4 rule by rule; 3.3 for the codes, 3.5 for pods and stand-alone ads.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final, NamedTuple, Protocol, TypeVar

from playback.engine.request.ad_data import AdData, ErrorPing, Fault, NoAd, PlayableAd
from playback.engine.request.answers import (
    Lost,
    category_codes,
    category_fault,
    document_of,
    headers_of_interest,
    refused_hop,
)
from playback.engine.request.chain import Chain, Hop, Outcome
from playback.engine.request.client_config import VastClientConfig
from playback.engine.request.request_macros import RequestMacros
from playback.engine.request.sources import Source
from playback.engine.request.transport import Fetched, travelling
from playback.engine.request.uri import absolute
from vast.ad import Ad, Vast
from vast.errors import VastErrorCode
from vast.notice import Notice

MAX_HOPS: Final = 100
"""Of one request for an ad; with pods of wrappers of pods their number is bounded by nothing else."""

MAX_PLACES: Final = 100
"""Ads of one document that are followed; a pod with more is no pod."""

_BODIES: Final = 8
"""All answers together may be this many times as large as a single one."""


class _Placed(Protocol):
    @property
    def sequence(self) -> int | None: ...


Placed = TypeVar("Placed", bound=_Placed)


def playing_order(ads: Sequence[Placed]) -> tuple[Placed, ...]:
    """The pod by ascending sequence, then the stand-alone ads in document order (IAB VAST 4.3 §3.3.1)."""
    pod = sorted((ad for ad in ads if ad.sequence is not None), key=lambda ad: ad.sequence or 0)
    return (*pod, *(ad for ad in ads if ad.sequence is None))


class _Document(NamedTuple):
    """An answer that was read; `base` is the address it came from."""

    vast: Vast
    digest: str
    hop: int
    base: str = ""


class _Branch(NamedTuple):
    """The wrappers above a document, outermost first, and the addresses that were asked on the way."""

    wrappers: tuple[Ad, ...] = ()
    asked: frozenset[str] = frozenset()

    @property
    def may_follow(self) -> bool:
        return all(ad.wrapper.follow_additional_wrappers for ad in self.wrappers if ad.wrapper)

    @property
    def may_be_many(self) -> bool:
        last = self.wrappers[-1].wrapper if self.wrappers else None
        return last is None or last.allow_multiple_ads

    @property
    def blocked(self) -> frozenset[str]:
        facts = (ad.wrapper.blocked_categories for ad in self.wrappers if ad.wrapper)
        return frozenset(code for categories in facts for code in category_codes(categories))


class _Place(NamedTuple):
    """An ad of a document and which it is in the playing order."""

    number: int
    ad: Ad


class _Reached(NamedTuple):
    """An ad at the end of a branch; with `lost` one that cannot be played, and why."""

    ad: PlayableAd
    lost: Lost | None = None


class Resolution:
    """One request for an ad. `hops` grows as it is made."""

    def __init__(
        self,
        config: VastClientConfig,
        source: Source,
        macros: RequestMacros,
        headers: Mapping[str, str],
        ad_index: int | None = None,
    ) -> None:
        self.hops: list[Hop] = []
        self._config = config
        self._source = source
        self._macros = macros
        self._headers = dict(headers)
        self._ad_index = ad_index
        self._size = 0

    async def of_url(self, url: str) -> AdData | NoAd:
        """The ads of the tag at this address. ValueError when `ad_index` names an ad the document does not have."""
        found = await self._fetch(url, _Branch(), None)
        if isinstance(found, Lost):
            return self._no_ad(found, ())
        document, branch = found
        return await self._answer(document, branch)

    async def of_document(self, document: bytes) -> AdData | NoAd:
        """The ads of a document that was handed over, which is hop 1. ValueError as in `of_url`."""
        found = self._read(Hop(1, "", Outcome.UNREAD, requested=False), Fetched(None, body=document))
        if isinstance(found, Lost):
            return self._no_ad(found, ())
        return await self._answer(found, _Branch())

    async def _answer(self, document: _Document, branch: _Branch) -> AdData | NoAd:
        ads = _in_order(document.vast)
        if self._ad_index is None or not ads:
            reached, spare = await self._play(document, branch)
        else:
            if not 0 <= self._ad_index < len(ads):
                raise ValueError(f"ad_index {self._ad_index} names no ad: the document holds {len(ads)}")
            reached, spare = await self._ad(ads[self._ad_index], document, branch), ()
        if any(one.lost is None for one in reached):
            places = tuple(one.ad for one in reached if one.lost is None or not one.lost.silent)
            return AdData(places, spare, self._chain(), self._transaction_id())
        lost = [one.lost for one in reached if one.lost]
        told = [one for one in lost if not one.silent] or lost
        return self._no_ad(told[-1] if told else _empty(document.vast), reached)

    def _no_ad(self, lost: Lost, reached: Sequence[_Reached]) -> NoAd:
        pings = [
            ErrorPing(link.url, origin, int(one.lost.code))
            for one in reached
            if one.lost and not one.lost.silent
            for origin, ad in one.ad.levels
            for link in ad.errors
        ]
        roots = () if reached else tuple(ErrorPing(url, "root", int(lost.code)) for url in lost.root_errors)
        return NoAd(
            int(lost.code),
            lost.text,
            lost.reason,
            (*roots, *pings),
            lost.wrapper_uri,
            lost.notices,
            self._chain(),
            self._macros.values(0, 0.0),
        )

    def _chain(self) -> Chain:
        macros = self._macros
        return Chain(tuple(self.hops), macros.seed, macros.started_at, macros.transaction_id)

    def _transaction_id(self) -> str:
        """Only a request that was made has one that others know."""
        return self._macros.transaction_id if any(hop.requested for hop in self.hops) else ""

    # A document: which of its ads count.

    async def _play(
        self, document: _Document, branch: _Branch
    ) -> tuple[list[_Reached], tuple[PlayableAd, ...]]:
        """Every ad of a document that is to be played, in order, and those that may stand in for one."""
        chosen, spare = self._choose(document, branch)
        waiting = deque(spare)
        reached: list[_Reached] = []
        substitutes: list[PlayableAd] = []
        for place in chosen[:MAX_PLACES]:
            turn: _Place | None = place
            while turn is not None:
                got, more = await self._with_spare(turn, document, branch)
                reached += got
                substitutes += more
                falls_back = _failed(got) and turn.ad.wrapper and turn.ad.wrapper.fallback_on_no_ad
                turn = waiting.popleft() if falls_back and waiting else None
        self._note_blocked(document, reached)
        own = [self._inline(place, document, branch) for place in waiting if place.ad.kind == "inline"]
        playable = [one.ad for one in own if one.lost is None]
        return reached, (*playable[:MAX_PLACES], *substitutes)

    def _choose(self, document: _Document, branch: _Branch) -> tuple[Sequence[_Place], Sequence[_Place]]:
        """The ads to play and the stand-alone ads left over (playback.md 3.4 (3), 3.5)."""
        places = _in_order(document.vast)
        pod = [place for place in places if place.ad.sequence is not None]
        alone = [place for place in places if place.ad.sequence is None]
        # Before VAST 3 the order of several ads had no meaning that a wrapper could restrict.
        if branch.may_be_many or document.vast.version.startswith("2."):
            return (pod, alone) if pod else (alone[:1], alone[1:])
        # A pod of one is no pod: many servers number a single ad.
        single = pod if self._config.lenient and len(places) == 1 else []
        return alone[:1] or single, ()

    # An ad: played as it is, or followed.

    async def _ad(self, place: _Place, document: _Document, branch: _Branch) -> list[_Reached]:
        return (await self._with_spare(place, document, branch))[0]

    async def _with_spare(
        self, place: _Place, document: _Document, branch: _Branch
    ) -> tuple[list[_Reached], tuple[PlayableAd, ...]]:
        if place.ad.kind == "inline":
            return [self._inline(place, document, branch)], ()
        found = await self._follow(place.ad, document, branch)
        if not isinstance(found, Lost):
            answer, deeper = found
            reached, spare = await self._play(answer, deeper)
            if reached:
                return reached, spare
            found = _empty(answer.vast)
            self._mark(answer.hop, Outcome.EMPTY, found.code, found.text)
        return [_Reached(self._playable(place, document, branch, found), found)], ()

    def _inline(self, place: _Place, document: _Document, branch: _Branch) -> _Reached:
        lost = category_fault(place.ad, branch.blocked, self._config.required_category)
        return _Reached(self._playable(place, document, branch, lost), lost)

    def _playable(self, place: _Place, document: _Document, branch: _Branch, lost: Lost | None) -> PlayableAd:
        return PlayableAd(
            place.ad,
            document.vast.version,
            document.digest,
            place.number,
            branch.wrappers,
            document.vast.notices,
            self._config.lenient,
            document.hop,
            Fault(lost.code, lost.text) if lost else None,
            lost.root_errors if lost else (),
        )

    def _note_blocked(self, document: _Document, reached: Sequence[_Reached]) -> None:
        """A hop all of whose ads are refused for their category led to none."""
        own = [one for one in reached if one.ad.hop == document.hop and one.ad.ad.kind == "inline"]
        faults = [one.ad.fault for one in own if one.ad.fault]
        if own and len(faults) == len(own):
            self._mark(document.hop, Outcome.BLOCKED, faults[-1].code, faults[-1].text)

    def _mark(self, number: int, outcome: Outcome, code: VastErrorCode, text: str) -> None:
        """A hop that brought ads, none of which may be used."""
        self.hops[number - 1] = replace(self.hops[number - 1], outcome=outcome, code=int(code), text=text)

    # A hop: whether it is made, and what comes of it.

    async def _follow(self, ad: Ad, document: _Document, branch: _Branch) -> tuple[_Document, _Branch] | Lost:
        uri = (ad.wrapper and ad.wrapper.ad_tag_uri) or ""
        below = _Branch((*branch.wrappers, ad), branch.asked)
        if len(self.hops) >= MAX_HOPS:
            text = f"the request took {MAX_HOPS} hops already"
            return Lost(VastErrorCode.WRAPPER_LIMIT, Outcome.LIMIT.value, text)
        if refused := self._refusal(ad, uri, branch):
            outcome, lost = refused
            self.hops.append(refused_hop(self._next_hop(uri, below, document), outcome, lost))
            return lost
        return await self._fetch(uri, below, document)

    def _refusal(self, ad: Ad, uri: str, branch: _Branch) -> tuple[Outcome, Lost] | None:
        """Why a wrapper is not followed (playback.md 3.4 (1), (2)); None when it is."""
        most = self._config.max_wrappers
        code = VastErrorCode.WRAPPER_GENERAL
        if not most or not uri:
            text = f"the ad is a wrapper: its VASTAdTagURI has to be followed first ({uri or 'it has none'})"
            outcome = Outcome.LIMIT if uri else Outcome.URL
            return outcome, Lost(code, "WRAPPER", text, silent=not most, wrapper_uri=uri or None)
        if not branch.may_follow:
            text = "a wrapper above it does not allow further wrappers (followAdditionalWrappers)"
            outcome = Outcome.WRAPPER_REFUSED
            silent = not self._config.ping_refused_wrappers
            return outcome, Lost(code, outcome.value, text, silent=silent, wrapper_uri=uri)
        if len(branch.wrappers) >= most:
            text = f"more than {most} wrappers"
            return Outcome.LIMIT, Lost(
                VastErrorCode.WRAPPER_LIMIT, Outcome.LIMIT.value, text, wrapper_uri=uri
            )
        return None

    def _next_hop(self, url: str, branch: _Branch, parent: _Document | None) -> Hop:
        number = len(self.hops) + 1
        return Hop(
            number,
            url,
            Outcome.UNREAD,
            parent=parent.hop if parent else None,
            wrapper=branch.wrappers[-1].id if branch.wrappers else None,
            depth=len(branch.wrappers),
            requested=False,
            started_ms=self._source.elapsed_ms(number),
        )

    async def _fetch(
        self, url: str, branch: _Branch, parent: _Document | None
    ) -> tuple[_Document, _Branch] | Lost:
        hop = self._next_hop(url, branch, parent)
        expanded, rows = self._macros.expand(url, hop.number, hop.started_ms)
        hop = replace(hop, macros=rows)
        try:
            asked = absolute(expanded, parent.base if parent else "")
        except ValueError as error:
            return self._refuse(hop, Outcome.URL, VastErrorCode.WRAPPER_GENERAL, str(error))
        hop = replace(hop, asked_url=asked)
        if asked in branch.asked:
            text = "this address was asked already on the way here"
            return self._refuse(hop, Outcome.LOOP, VastErrorCode.WRAPPER_LIMIT, text)
        timeout_sec = self._timeout_sec(hop, parent)
        if timeout_sec <= 0:
            text = f"the {self._config.overall_timeout_sec:g} s for the whole chain were over"
            return self._refuse(hop, Outcome.TIMEOUT, VastErrorCode.WRAPPER_TIMEOUT, text)
        got = await self._source.ask(
            hop.number,
            asked,
            headers=travelling(self._headers) if parent else self._headers,
            timeout_sec=timeout_sec,
            max_bytes=self._room(),
        )
        self._size += len(got.body)
        found = self._read(replace(hop, requested=True), got)
        return found if isinstance(found, Lost) else (found, _Branch(branch.wrappers, branch.asked | {asked}))

    def _timeout_sec(self, hop: Hop, parent: _Document | None) -> float:
        config = self._config
        own = config.wrapper_timeout_sec if parent else config.first_timeout_sec
        return min(own, config.overall_timeout_sec - hop.started_ms / 1000)

    def _room(self) -> int:
        most = self._config.max_bytes
        return max(1, min(most, _BODIES * most - self._size))

    def _refuse(self, hop: Hop, outcome: Outcome, code: VastErrorCode, text: str) -> Lost:
        lost = Lost(code, outcome.value, text, wrapper_uri=hop.url if hop.depth else None)
        self.hops.append(refused_hop(hop, outcome, lost))
        return lost

    def _read(self, hop: Hop, got: Fetched) -> _Document | Lost:
        """What an answer holds; the hop is kept either way."""
        hop = replace(
            hop,
            status=got.status,
            headers=headers_of_interest(got.headers),
            redirects=got.redirects,
            ms=got.ms,
            size=len(got.body),
            body=got.body,
        )
        outcome, found = document_of(got, self._config, given=not hop.url)
        if isinstance(found, Lost):
            self.hops.append(
                replace(
                    hop,
                    outcome=outcome,
                    version=found.version,
                    code=int(found.code),
                    text=found.text,
                    notices=_pairs(found.notices),
                )
            )
            return found
        self.hops.append(replace(hop, outcome=outcome, version=found.version, notices=_pairs(found.notices)))
        base = got.redirects[-1].location if got.redirects else hop.asked_url
        return _Document(found, sha256(got.body).hexdigest(), hop.number, base)


def _in_order(vast: Vast) -> list[_Place]:
    return [_Place(index, ad) for index, ad in enumerate(playing_order(vast.ads))]


def _pairs(notices: Sequence[Notice]) -> tuple[tuple[str, str], ...]:
    return tuple((notice.code, notice.text) for notice in notices)


def _failed(reached: Sequence[_Reached]) -> bool:
    return all(one.lost is not None for one in reached)


def _empty(vast: Vast) -> Lost:
    text = (
        "the answer holds a pod, which its wrapper does not allow" if vast.ads else "the document holds no ad"
    )
    return Lost(VastErrorCode.NO_AD, "EMPTY", text, root_errors=vast.errors, notices=vast.notices)
