"""Where a session stands in its plan: which moments are ahead of it, and which it passed over and why.

All of it follows from the record, so that a stored session goes on exactly as an undisturbed one.
"""

from collections.abc import Collection

from playback.engine.playing.events import EVENTS
from playback.engine.playing.moments import Key, Moment
from playback.engine.playing.plan import US, Plan
from playback.engine.playing.session import PlaybackSession, PlaybackStatus


def standing(plan: Plan, session: PlaybackSession) -> tuple[tuple[Moment, ...], int]:
    """The moments a session goes by, and how many of them are behind it; after a jump they are those yet ahead.

    ValueError when what the session has behind it is not of this plan.
    """
    known = {moment.key: moment for moment in plan.moments}
    fired = [key for key in keys_of(session) if key in known or _is_moment(key[0])]
    if session.jumps:
        playhead = playhead_of(session)
        moments, cursor = beyond(plan, fired, plan.part_at(playhead), playhead), 0
        behind = known.keys() - {moment.key for moment in moments}
        whole = len(fired) == len(set(fired)) and behind.issuperset(fired)
        if session.status is PlaybackStatus.RUNNING:
            whole = whole and all(why_passed(session, known[key]) for key in behind.difference(fired))
    else:
        moments, cursor = plan.moments, len(fired)
        whole = fired == [moment.key for moment in moments[:cursor]]
    if not whole:
        raise ValueError(f"session {session.session_id} does not belong to this ad and configuration")
    return moments, cursor


def beyond(plan: Plan, fired: Collection[Key], part: int, playhead_us: int) -> tuple[Moment, ...]:
    """The moments after a place that have not fired."""
    done = set(fired)
    return tuple(
        moment
        for moment in plan.moments
        if (moment.part, moment.at_us) > (part, playhead_us) and moment.key not in done
    )


def why_passed(session: PlaybackSession, moment: Moment) -> str:
    """Why a moment that lies behind the playhead did not fire: a seek or a skip passed over it; else empty."""
    if moment.at_us > playhead_of(session):
        return ""
    for kind, part, start, end, _ in reversed(session.jumps):
        if part == moment.part and kind == "skip" and moment.at_us > start:
            return "skipped"
        if part == moment.part and kind == "seek" and start < moment.at_us <= end:
            return "passed over by seeking"
    return ""


def playhead_of(session: PlaybackSession) -> int:
    return round(session.current_offset_sec * US)


def keys_of(session: PlaybackSession) -> list[Key]:
    """What a session has noted as due, in order."""
    return [(event, at, part, code) for event, at, _, part, code in session.tracked]


def _is_moment(event: str) -> bool:
    facts = EVENTS.get(event)
    return facts is not None and (facts.fraction is not None or event == "progress")
