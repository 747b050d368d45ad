"""One number of a day or a week, what it was before, what is usual, and what to think of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from playback.history.sentence import in_percent, thousands
from playback.history.tally import Share
from playback.history.usual import Usual, Verdict, judge_number, judge_share, usual_number


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as it is shown, where what is behind it is listed, and what to think of it."""

    shown: str
    href: str
    verdict: Verdict

    @property
    def is_odd(self) -> bool:
        return self.verdict in {Verdict.LOW, Verdict.HIGH}


@dataclass(frozen=True, slots=True)
class Metric:
    """`now` is the day or week in question, `before` the one in front of it, `usual` in words."""

    name: str
    now: Reading
    before: Reading
    usual: str
    note: str = ""

    @property
    def is_odd(self) -> bool:
        return self.now.is_odd or self.before.is_odd


def number_metric(
    name: str,
    now: tuple[int, str],
    before: tuple[int, str],
    former: Sequence[int],
    *,
    former_whole: Sequence[int] | None = None,
    is_over: bool = True,
    note: str = "",
) -> Metric:
    """A count and the counts it is judged by, once its time is over; `former_whole` are those that `before` is judged
    by, if others."""
    usual = usual_number(former)
    usual_whole = usual if former_whole is None else usual_number(former_whole)
    return Metric(
        name,
        Reading(thousands(now[0]), now[1], judge_number(now[0], usual) if is_over else Verdict.OPEN),
        Reading(thousands(before[0]), before[1], judge_number(before[0], usual_whole)),
        f"{thousands(usual.low)} to {thousands(usual.high)}" if usual else "–",
        note,
    )


def share_metric(
    name: str, now: tuple[Share, str], before: tuple[Share, str], usual: Usual | None, note: str = ""
) -> Metric:
    """A share and what is usual of it."""
    readings = [
        Reading(in_percent(share.value), href if share.whole else "", judge_share(share, usual))
        for share, href in (now, before)
    ]
    return Metric(name, readings[0], readings[1], usual_said(usual), note)


def usual_said(usual: Usual | None) -> str:
    """A usual share in words."""
    if usual is None:
        return "–"
    low, high = in_percent(usual.low), in_percent(usual.high)
    return low if low == high else f"{low} to {high}"


def pooled(share: Share, days: int) -> Usual | None:
    """What is usual where days are not told apart: the share of them all."""
    return None if share.value is None else Usual(share.value, share.value, share.value, days)
