"""What the sessions of a plan may be expected to do, in closed form (playback.md 2.4)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from playback.engine.configuration.interruptions import Window, is_skip
from playback.engine.configuration.survival import expected_shares, survival
from playback.engine.playing.events import MOMENTS

if TYPE_CHECKING:
    from playback.engine.playing.plan import Plan


def expected_funnel(plan: "Plan") -> dict[str, float]:
    """Event -> how often a session gets to it on average; see `Plan.expected_funnel`."""
    limit = plan.duration_us if plan.limit_us is None else plan.limit_us
    begun = _begun(plan)
    found: dict[str, float] = {}
    for at, event, _, _, place, *_ in plan.moments:
        if event in MOMENTS:
            part = plan.parts[place]
            still = survival(part.windows, (at - part.start_us) / 1000) if at <= limit else 0.0
            found[event] = found.get(event, 0.0) + begun[place] * still
    return found


def expected_interruptions(plan: "Plan") -> dict[str, float]:
    """Event of each applicable rule -> the probability that it ends the session."""
    limit = plan.duration_us if plan.limit_us is None else min(plan.limit_us, plan.duration_us)
    found: dict[str, float] = {}
    for place, begun in _begun(plan).items():
        part = plan.parts[place]
        until = min(limit, part.end_us) - part.start_us
        shares = expected_shares(part.windows, until // 1000) if until >= 0 else {}
        for window in part.windows if plan.following(place) is None else _ending(part.windows):
            event = window.rule.event
            found[event] = found.get(event, 0.0) + begun * shares.get(event, 0.0)
    return found


def _begun(plan: "Plan") -> dict[int, float]:
    """Place of each ad that is played -> the probability that no interruption ends the session before it."""
    begun, still = {}, 1.0
    for place in plan.played:
        part = plan.parts[place]
        begun[place] = still
        shares = expected_shares(part.windows, part.duration_us // 1000)
        still *= 1.0 - sum(shares[window.rule.event] for window in _ending(part.windows))
    return begun


def _ending(windows: Iterable[Window]) -> list[Window]:
    """The windows in which a session ends when ads follow: a viewer who skips leaves only the ad."""
    return [window for window in windows if not is_skip(window.rule.event, window.rule.reason.value)]
