"""What the page of one session shows, cut into parts: each is drawn when it is another, once for all who look.

A part is an element with an id, told whole. The log and the ledger, which may hold hundreds of rows, are cut into
blocks of a few, so that one more row costs the server and the page one block.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.template.loader import render_to_string

from playback.session_page.view import SessionView

PAGE = "playback/session.html"
HEAD, DELIVERY, LOG, FATES, LEDGER = (
    "live-head", "live-delivery", "live-events", "live-fates", "live-ledger",
)  # fmt: skip
CONTROLS = "live-controls"
# What a layer between processes loses, or a page that was being changed did not take, is said again so soon.
REPEATED_AFTER_SEC = 5.0
# So many parts at a time, the longest unsaid first: a long ledger said at once would hold up everybody's playhead.
REPEATED_AT_ONCE = 4


class Drawing(NamedTuple):
    """A part to be drawn: it is another when its ``state`` is."""

    part: str
    state: Any
    template: str
    context: dict[str, Any]


@dataclass(slots=True)
class Drawn:
    """A part as it was told last."""

    state: Any
    html: str
    told_at: float


class Board:
    """The parts of a session's page as its viewers know them."""

    def __init__(self) -> None:
        self._news: tuple[Any, ...] | None = None
        self._parts: dict[str, Drawn] = {}

    @property
    def parts(self) -> dict[str, str]:
        """Everything, for somebody who arrives now."""
        return {part: drawn.html for part, drawn in self._parts.items()}

    def update(self, shown: SessionView, now: float) -> dict[str, str]:
        """The parts that have another state, and those said so long ago (``now`` in seconds) that they are said again.

        A button that is replaced under a hand or a focus ring is lost to both, so the controls are not told with every
        step of the playhead.
        """
        told = {} if shown.news == self._news else self._changed(shown, now)
        self._news = shown.news
        return told | self._repeated(now)

    def _changed(self, shown: SessionView, now: float) -> dict[str, str]:
        told = {}
        grown = self._news is None or growth(shown.news) != growth(self._news)
        for part, state, template, context in drawings(shown, all_of_it=grown):
            known = self._parts.get(part)
            if known is None or known.state != state:
                told[part] = render_to_string(template, {"view": shown, **context})
                self._parts[part] = Drawn(state, told[part], now)
        return told

    def _repeated(self, now: float) -> dict[str, str]:
        old = sorted(
            (drawn.told_at, part)
            for part, drawn in self._parts.items()
            if now - drawn.told_at >= REPEATED_AFTER_SEC
        )
        told = {}
        for _, part in old[:REPEATED_AT_ONCE]:
            drawn = self._parts[part]
            drawn.told_at = now
            told[part] = drawn.html
        return told


def growth(news: tuple[Any, ...]) -> tuple[Any, ...]:
    """What the log, the ledger and the words on the pixels rest on; all else moves with the playhead."""
    status, _paused, _skippable, _offset, *counts = news
    return (status, *counts)


def drawings(shown: SessionView, *, all_of_it: bool) -> Iterator[Drawing]:
    """The parts of the page in its order; without ``all_of_it`` those alone that move with the playhead."""
    news = shown.news
    yield Drawing(HEAD, news, f"{PAGE}#{HEAD}", {})
    if all_of_it:
        yield Drawing(DELIVERY, growth(news), f"{PAGE}#{DELIVERY}", {})
        for block in shown.log:
            yield Drawing(f"{LOG}-{block.number}", block, "playback/_log.html", {"block": block})
        yield Drawing(FATES, growth(news), f"{PAGE}#{FATES}", {})
        table = shown.table
        for block in table.blocks:
            context = {"table": table, "block": block, "public_id": shown.public_id}
            yield Drawing(f"{LEDGER}-{block.number}", block, "playback/_ledger_block.html", context)
    yield Drawing(CONTROLS, (*news[:3], shown.waiting), f"{PAGE}#{CONTROLS}", {})
