"""A bid response becomes VAST: the whole story, one step a function (pipeline.md §1.10 to §1.13).

Read, rank, take the best until the pod is full, enrich in place, number, write. One bad bid never harms the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.engine.config import ReceiverConfig, VersionPolicy, as_config
from pipeline.engine.enrich import Collision, Enricher
from pipeline.engine.markup import Markup, Unusable, markup_of, skeleton_of
from pipeline.engine.meta import CanonicalMeta, canonical_meta, declared_seconds
from pipeline.engine.openrtb import Asked, Bid, Received, Source, read_request, read_response
from pipeline.engine.receivers import RECEIVERS, Receiver
from pipeline.engine.result import SelectedBid, VastResult
from pipeline.engine.rules import Edit
from pipeline.engine.select import Ranking, RejectedBid, left_over, places, rank, reject
from pipeline.engine.write import WrittenAd, ad_document, no_ad_document, unique_id
from vast.document import highest, text_of
from vast.durations import read_duration
from vast.edit import first_child, linears
from vast.notice import Notice
from vast.splice import Splice


class _Taken(NamedTuple):
    """A bid on its way into the document; `splice` writes its Ad with what was added."""

    bid: Bid
    meta: CanonicalMeta
    markup: Markup
    ad_id: str
    edits: tuple[Edit, ...]
    splice: Splice


@dataclass(slots=True)
class _Pod:
    """The document in the making."""

    config: ReceiverConfig
    asked: Asked
    received: Received
    currency: str
    receiver: Receiver
    enricher: Enricher
    taken: list[_Taken] = field(default_factory=list)
    rejected: list[RejectedBid] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    errors: list[Notice] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def free(self) -> int:
        return places(self.config) - len(self.taken)

    def drop(self, bid: Bid, code: str, text: str) -> None:
        self.rejected.append(reject(bid, code, text))
        named = f"bid {bid.id[:60]!r}" if bid.id else f"the bid at place {bid.position + 1}"
        self.warnings.append(Notice(code, bid.id, f"{named} was rejected: {text}"))


def build_vast_from_bid_response(
    request: Source, response: Source, config: ReceiverConfig | Mapping[str, Any] | None = None
) -> VastResult:
    """Builds the VAST of a bid response. Request and response are mappings, JSON text or None; never raises for them.

    Prices are CPM in the response's currency. What cannot be read at all gives a no-ad document and an error notice.
    """
    settings, config_notices = as_config(config)
    asked, received = read_request(request), read_response(response)
    ranking = rank(received, asked, settings)
    receiver = RECEIVERS[settings.receiver]
    pod = _Pod(settings, asked, received, ranking.currency, receiver, Enricher(settings, receiver))
    pod.errors += [notice for notice in (received.error, asked.error) if notice]
    pod.warnings += [*config_notices, *asked.notices, *received.notices, *ranking.notices]
    pod.rejected += ranking.rejected
    _fill(pod, ranking)
    return _result(pod, received.nbr)


def _fill(pod: _Pod, ranking: Ranking) -> None:
    """Takes the ranked bids until the pod is full; skeletons only where no playable bid is left."""
    waiting: list[tuple[Bid, Unusable]] = []
    remaining = iter(ranking.bids)
    while pod.free and (bid := next(remaining, None)):
        try:
            markup = markup_of(bid, pod.config, pod.asked)
        except Unusable as unusable:
            if pod.config.allow_skeleton_vast and unusable.code != "BID_NOT_VIDEO":
                waiting.append((bid, unusable))
            else:
                pod.drop(bid, unusable.code, unusable.text)
            continue
        _take(pod, bid, markup, declared_seconds(bid) or _stated_seconds(markup))
    for bid, why in waiting:
        if pod.free:
            seconds = declared_seconds(bid)
            _take(pod, bid, skeleton_of(bid, seconds, pod.config, why.text), seconds)
        else:
            pod.drop(bid, why.code, why.text)
    rejected, notices = left_over(remaining, pod.config)
    pod.rejected += rejected
    pod.warnings += notices


def _take(pod: _Pod, bid: Bid, markup: Markup, seconds: int) -> None:
    """Enriches the ad and gives it its id; a collision under ERROR drops it."""
    pod.warnings += markup.notices
    meta = canonical_meta(bid, pod.currency, seconds, pod.received.bidid, pod.received.cur)
    try:
        enriched = pod.enricher.enrich(markup, meta)
    except Collision as collision:
        pod.rejected.append(reject(bid, collision.notice.code, collision.notice.text))
        pod.errors.append(collision.notice)
        return
    ad_id, id_notices = unique_id(bid, markup.ad.get("id"), len(pod.taken) + 1, pod.ids)
    markup.ad.set("id", ad_id)
    edits = tuple(enriched.edits)
    if not pod.config.placement_rules.hands_off:
        edits += pod.receiver.finish(markup.ad, markup.side, markup.version, ad_id)
    pod.warnings += enriched.notices
    pod.warnings += id_notices
    splice = Splice(markup.side, markup.version, enriched.additions())
    pod.taken.append(_Taken(bid, meta, markup, ad_id, edits, splice))


def _stated_seconds(markup: Markup) -> int:
    """The duration the bidder's markup declares, in whole seconds; 0 for none."""
    if markup.origin != "adm":
        return 0
    stated = (text_of(first_child(linear, "Duration")) for linear in linears(markup.side))
    return next((found for text in stated if (found := read_duration(text)[0])), 0) // 1000


def _version(pod: _Pod) -> str:
    """The root version; says so where it differs from what an ad was written for."""
    default = pod.config.vast_version_default
    newest = highest([default, *(taken.markup.version for taken in pod.taken)])
    version = newest if pod.config.version_policy == VersionPolicy.MAX else default
    if version != default:
        text = f"the document is VAST {version}, above the default {default}, because an ad in it is"
        pod.warnings.append(Notice("VERSION_RAISED", "", text))
    if newest != version:
        for taken in pod.taken:
            if highest([version, taken.markup.version]) != version:
                text = f"the ad is VAST {taken.markup.version}, its document says {version} (version_policy FIXED)"
                pod.warnings.append(Notice("VERSION_FIXED", taken.bid.id, text))
    return version


def _written(taken: _Taken, sequence: str) -> WrittenAd:
    """The finished Ad; its sequence is its place in the pod, none where it is ""."""
    ad = taken.markup.ad
    if sequence:
        ad.set("sequence", sequence)
    else:
        ad.attrib.pop("sequence", "")
    namespace = ad.nsmap.get(None) if "}" in ad.tag else None
    return WrittenAd(namespace, taken.splice.serialise(ad))


def _result(pod: _Pod, nbr: int | None) -> VastResult:
    default = pod.config.vast_version_default
    numbered = False
    if not pod.taken:
        version, xml = default, no_ad_document(default, pod.config.no_ad_error_url)
    else:
        version = _version(pod)
        numbered = len(pod.taken) > 1 and version != "2.0"
        xml = ad_document(
            version,
            [_written(taken, str(number) if numbered else "") for number, taken in enumerate(pod.taken, 1)],
        )
    selected = tuple(
        [
            SelectedBid(
                bid=taken.bid,
                seat=taken.bid.seat,
                meta=taken.meta,
                sequence=number if numbered else None,
                ad_id=taken.ad_id,
                edits=taken.edits,
                origin=taken.markup.origin,
                vast_version=taken.markup.version,
            )
            for number, taken in enumerate(pod.taken, 1)
        ]
    )
    return VastResult(
        xml=xml,
        no_ad=not selected,
        warnings=tuple(pod.warnings),
        errors=tuple(pod.errors),
        selected=selected,
        rejected=tuple(sorted(pod.rejected, key=lambda row: row.position)),
        receiver=pod.config.receiver,
        vast_version=version,
        nbr=nbr,
    )
