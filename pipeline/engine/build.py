"""A bid response becomes VAST: the whole story, one step a function (pipeline.md §1.10 to §1.13).

Read, rank, take the best until the pod is full, enrich in place, number, write. One bad bid never harms the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from pipeline.engine.config import ReceiverConfig, SelectionStrategy, VersionPolicy, as_config
from pipeline.engine.enrich import Collision, Enricher
from pipeline.engine.markup import Markup, Unusable, markup_of, skeleton_of
from pipeline.engine.meta import CanonicalMeta, canonical_meta, declared_seconds
from pipeline.engine.openrtb import Bid, Received, read_response
from pipeline.engine.parts import OURS, Formatter, Parts
from pipeline.engine.pod import Accounts, in_slots
from pipeline.engine.reading import Source
from pipeline.engine.receivers import RECEIVERS, Receiver
from pipeline.engine.receivers.receiver import row_rule
from pipeline.engine.request import Asked, is_one_slot, read_limits, read_request
from pipeline.engine.result import SelectedBid, VastResult
from pipeline.engine.rules import Edit
from pipeline.engine.select import Ranking, RejectedBid, left_over, places, reject
from pipeline.engine.write import no_ad_document, unique_id, written_ad
from vast.document import highest, text_of
from vast.durations import read_duration
from vast.edit import first_child, linears
from vast.notice import Notice
from vast.splice import Splice


class _Taken(NamedTuple):
    """A bid on its way into the document; its Ad is complete but for what `splice` adds and its place in the pod."""

    bid: Bid
    meta: CanonicalMeta
    markup: Markup
    ad_id: str
    edits: tuple[Edit, ...]
    splice: Splice


@dataclass(slots=True)
class _Pod:
    """The document in the making: `places` ads at most, `alone` where one ad is all that is asked for.

    `accounts` is None where the request's limits are not enforced.
    """

    config: ReceiverConfig
    asked: Asked
    received: Received
    currency: str
    receiver: Receiver
    enricher: Enricher
    places: int
    alone: bool
    accounts: Accounts | None
    taken: list[_Taken] = field(default_factory=list)
    rejected: list[RejectedBid] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    errors: list[Notice] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def free(self) -> int:
        return self.places - len(self.taken)

    @property
    def needs_duration(self) -> bool:
        return self.receiver.needs_duration and self.places > 1

    def drop(self, bid: Bid, code: str, text: str) -> None:
        self.rejected.append(reject(bid, code, text))
        named = f"bid {bid.id[:60]!r}" if bid.id else f"the bid at place {bid.position + 1}"
        self.warnings.append(Notice(code, bid.id, f"{named} was rejected: {text}"))


def build_vast_from_bid_response(
    request: Source,
    response: Source,
    config: ReceiverConfig | Mapping[str, Any] | None = None,
    *,
    parts: Parts = OURS,
) -> VastResult:
    """Builds the VAST of a bid response. Request and response are mappings, JSON text or None; never raises for them.

    Prices are CPM in the response's currency. What cannot be read at all gives a no-ad document and an error notice.
    `parts` replaces steps of the build.
    """
    settings, config_notices = as_config(config)
    asked, received = read_request(request), read_response(response)
    limits = read_limits(asked) if settings.enforce_pod else None
    ranking = parts.selector(received, asked, settings, limits)
    receiver = RECEIVERS[settings.receiver]
    alone = settings.selection_strategy == SelectionStrategy.SINGLE or (
        receiver.one_ad_per_slot and is_one_slot(asked)
    )
    pod = _Pod(
        config=settings,
        asked=asked,
        received=received,
        currency=ranking.currency,
        receiver=receiver,
        enricher=parts.enricher(settings, receiver),
        places=1 if alone else places(settings),
        alone=alone,
        accounts=Accounts(limits, ranking.currency) if limits else None,
    )
    pod.errors += [notice for notice in (received.error, asked.error) if notice]
    pod.warnings += [*config_notices, *asked.notices, *received.notices]
    pod.warnings += limits.notices if limits else ()
    pod.warnings += ranking.notices
    pod.rejected += ranking.rejected
    _fill(pod, ranking)
    if pod.accounts:
        pod.taken, slot_notices = in_slots(pod.taken)
        pod.warnings += slot_notices
    return _result(pod, received.nbr, parts.formatter)


def _fill(pod: _Pod, ranking: Ranking) -> None:
    """Takes the ranked bids until the pod is full; skeletons only where no playable bid is left."""
    unusable: list[tuple[Bid, Unusable]] = []
    undated: list[Bid] = []
    remaining = iter(ranking.bids)
    while pod.free and (batch := list(islice(remaining, pod.free))):
        # One kind of work at a time, on all ads of a batch: ad by ad the processor has forgotten each at the next ad.
        for bid, markup in [(bid, _markup(pod, bid)) for bid in batch]:
            if pod.accounts and (closed := pod.accounts.closed(bid)):
                pod.drop(bid, *closed)
            elif isinstance(markup, Unusable):
                if pod.config.allow_skeleton_vast and markup.code != "BID_NOT_VIDEO":
                    unusable.append((bid, markup))
                else:
                    pod.drop(bid, markup.code, markup.text)
            elif markup:
                seconds = declared_seconds(bid) or _stated_ms(markup) // 1000
                if pod.needs_duration and not seconds:
                    undated.append(bid)
                else:
                    _take(pod, bid, markup, seconds)
    _serve_undated(pod, undated)
    _stand_in(pod, unusable)
    by_strategy = pod.config.selection_strategy == SelectionStrategy.SINGLE
    rule = row_rule(pod.receiver.name, "pod") if pod.alone and not by_strategy else ""
    rejected, notices = left_over(remaining, pod.places, pod.alone, rule)
    pod.rejected += rejected
    pod.warnings += notices


def _markup(pod: _Pod, bid: Bid) -> Markup | Unusable | None:
    """The markup of a bid, or why it cannot be served; None where no ad can answer its imp any more."""
    if pod.accounts and pod.accounts.closed(bid):
        return None
    try:
        return markup_of(bid, pod.config, pod.asked)
    except Unusable as why:
        return why


def _serve_undated(pod: _Pod, bids: Iterable[Bid]) -> None:
    """The best ad of unknown duration has the document to itself where no ad of a known one was taken."""
    for bid in bids:
        if pod.taken:
            rule = row_rule(pod.receiver.name, "duration")
            text = f"the length of the ad is unknown, and a pod holds no such ad ({rule})"
            pod.drop(bid, "DURATION_UNKNOWN", text)
            continue
        _take(pod, bid, markup_of(bid, pod.config, pod.asked), 0)
        if pod.taken:
            pod.places = 1


def _stand_in(pod: _Pod, bids: Iterable[tuple[Bid, Unusable]]) -> None:
    """Skeletons of bids whose markup cannot be used, where the document and the bid's imp have a place left."""
    for bid, why in bids:
        seconds = declared_seconds(bid)
        is_open = pod.free and not (pod.accounts and pod.accounts.closed(bid))
        if is_open and (seconds or not pod.taken or not pod.needs_duration):
            _take(pod, bid, skeleton_of(bid, seconds, pod.config, why.text), seconds)
        else:
            pod.drop(bid, why.code, why.text)


def _take(pod: _Pod, bid: Bid, markup: Markup, seconds: int) -> None:
    """Enriches the ad and gives it its id; a limit of the request, or a collision under ERROR, drops it."""
    playing = (_stated_ms(markup) + 500) // 1000 or seconds if pod.accounts else seconds
    if pod.accounts and (refusal := pod.accounts.refusal(bid, playing)):
        pod.drop(bid, *refusal)
        return
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
    if pod.accounts and (assumed := pod.accounts.take(bid, playing)):
        pod.warnings.append(assumed)
    pod.taken.append(_Taken(bid, meta, markup, ad_id, edits, enriched.splice))


def _stated_ms(markup: Markup) -> int:
    """The duration the bidder's markup declares, in milliseconds; 0 for none."""
    if markup.origin != "adm":
        return 0
    stated = (text_of(first_child(linear, "Duration")) for linear in linears(markup.side))
    return next((found for text in stated if (found := read_duration(text)[0])), 0)


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


def _result(pod: _Pod, nbr: int | None, formatter: Formatter) -> VastResult:
    default = pod.config.vast_version_default
    numbered = False
    if not pod.taken:
        version, xml = default, no_ad_document(default, pod.config.no_ad_error_url)
    else:
        version = _version(pod)
        numbered = len(pod.taken) > 1 and version != "2.0"
        written = [
            written_ad(taken.markup.ad, taken.splice, number if numbered else None)
            for number, taken in enumerate(pod.taken, 1)
        ]
        xml = formatter(version, written)
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
