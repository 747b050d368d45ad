"""What a stored build would become under other settings: both are built, and the outcomes compared bid by bid."""

from typing import NamedTuple

import msgspec

from pipeline.engine import Edit, ReceiverConfig, VastResult, build_vast_from_bid_response
from pipeline.models import Build


class Fate(NamedTuple):
    """A bid that would end otherwise."""

    bid_id: str
    seat: str
    before: str
    after: str


class Rewrite(NamedTuple):
    """Something that enrichment would write, or would write no longer, into an ad that is served either way."""

    bid_id: str
    gained: bool
    edit: Edit


class Trial(NamedTuple):
    """``before`` and ``after`` are the two results; a difference that is in neither list is in the bytes only."""

    before: VastResult
    after: VastResult
    fates: tuple[Fate, ...]
    rewrites: tuple[Rewrite, ...]

    @property
    def identical(self) -> bool:
        return self.before.xml == self.after.xml


_Key = tuple[str, int, str]


def compare(build: Build, saved: ReceiverConfig, draft: ReceiverConfig) -> Trial:
    """Builds the stored bid response under both configurations; nothing is kept."""
    response = build.response.body
    request = build.request.body if build.request else None
    before = build_vast_from_bid_response(request, response, saved)
    after = build_vast_from_bid_response(request, response, draft)
    return Trial(before, after, _fates(before, after), _rewrites(before, after))


def _fates(before: VastResult, after: VastResult) -> tuple[Fate, ...]:
    then, now = _told(before), _told(after)
    return tuple(
        Fate(key[2], key[0], then.get(key, "–"), now.get(key, "–"))
        for key in {**now, **then}
        if then.get(key) != now.get(key)
    )


def _told(result: VastResult) -> dict[_Key, str]:
    """Each bid's fate, the selected first."""
    told: dict[_Key, str] = {}
    for item in result.selected:
        place = f", place {item.sequence}" if item.sequence else ""
        told[item.seat, item.bid.position, item.meta.bid_id] = f"selected{place}"
    return told | {(bid.seat, bid.position, bid.bid_id): f"rejected: {bid.code}" for bid in result.rejected}


def _rewrites(before: VastResult, after: VastResult) -> tuple[Rewrite, ...]:
    then, now = _edits(before), _edits(after)
    rewrites: list[Rewrite] = []
    for key in now.keys() & then.keys():
        was, will = ({_outcome(edit) for edit in edits[key]} for edits in (then, now))
        gained = [Rewrite(key[2], True, edit) for edit in now[key] if _outcome(edit) not in was]
        lost = [Rewrite(key[2], False, edit) for edit in then[key] if _outcome(edit) not in will]
        rewrites += lost + gained
    return tuple(sorted(rewrites, key=lambda row: (row.bid_id, row.edit.field, row.gained)))


def _outcome(edit: Edit) -> Edit:
    """What was done, whichever rule asked for it."""
    return msgspec.structs.replace(edit, rule="")


def _edits(result: VastResult) -> dict[_Key, tuple[Edit, ...]]:
    return {(item.seat, item.bid.position, item.meta.bid_id): item.edits for item in result.selected}
