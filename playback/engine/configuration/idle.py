"""Why a rule can never end a viewing of an ad of some length (playback.md 2.3, 2.4)."""

from collections.abc import Sequence

from playback.engine.configuration.interruptions import InterruptionRule, Window, fit
from playback.engine.configuration.survival import survival


def idle_rules(
    rules: Sequence[InterruptionRule], duration_ms: int, limit_ms: int | None = None
) -> dict[str, str]:
    """Event of each rule that can never strike an ad of this length -> why, as the rest of a sentence.

    limit_ms: where the session ends at the latest, if it does.
    """
    windows = fit(rules, duration_ms)
    fitted = {window.rule.event: window for window in windows}
    found = {}
    for rule in rules:
        why = _why(rule, fitted.get(rule.event), windows, duration_ms, limit_ms)
        if why:
            found[rule.event] = why
    return found


def _why(
    rule: InterruptionRule,
    window: Window | None,
    windows: Sequence[Window],
    duration_ms: int,
    limit_ms: int | None,
) -> str:
    if not rule.probability:
        return "its probability is 0"
    if window is None:
        return _outside(rule, duration_ms)
    if window.before_rendering:
        return ""
    if window.lo_ms >= duration_ms:
        return f"its window begins where an ad of {duration_ms / 1000:g} s is complete"
    if limit_ms is not None and window.lo_ms > limit_ms:
        return f"a session ends before it, after {limit_ms / 1000:g} s at the latest"
    others = [other for other in windows if other is not window]
    return "others have ended every viewing by then" if survival(others, window.lo_ms) <= 0.0 else ""


def _outside(rule: InterruptionRule, duration_ms: int) -> str:
    start = rule.stretch(duration_ms)[0]
    if start > duration_ms:
        return f"its window begins at {float(start) / 1000:g} s, after the end of an ad of {duration_ms / 1000:g} s"
    return "its window ends before the ad begins"
