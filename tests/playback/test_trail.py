"""What happened in a session as a few bytes, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playback.engine import PlaybackSessionConfig, simulate
from playback.engine.playing.events import EVENTS
from playback.records import trail
from tests.playback.engine.ads import f30, rule, three

RULES = {"start": rule(0.2, 0, 4, reason="network_error"), "midpoint": rule(0.3, 0, 30)}


@given(st.lists(st.tuples(st.sampled_from(trail.CODES), st.integers(0, 2**40))))
def test_what_is_written_is_read_again(events):
    events.sort(key=lambda event: event[1])
    assert trail.read(trail.written(events)) == events


@given(st.binary(max_size=40))
def test_any_bytes_are_a_trail_or_refused(data):
    try:
        events = trail.read(data)
    except ValueError:
        return
    assert trail.read(trail.written(events)) == events


@pytest.mark.parametrize("data", [b"\xfe\x00", b"\x00", b"\x00\x80", b"\x00" + b"\xff" * 20 + b"\x00"])
def test_bytes_that_are_no_trail_are_refused(data):
    with pytest.raises(ValueError, match=r"code|number"):
        trail.read(data)


def test_what_cannot_be_read_again_is_not_written():
    with pytest.raises(ValueError, match="'made up' has no code"):
        trail.written([("made up", 0)])
    with pytest.raises(ValueError, match="start at 4 ms follows an event at 5 ms"):
        trail.written([("loaded", 5), ("start", 4)])


def test_each_event_of_a_headless_session_has_a_code_that_no_other_has():
    assert {*EVENTS, "interrupt"} <= set(trail.CODES)
    assert len(set(trail.CODES)) == len(trail.CODES)
    # What is stored is read by these places: the table may only grow.
    assert (trail.CODES[0], trail.CODES[11], trail.CODES[40]) == ("loaded", "complete", "seek")


@pytest.mark.parametrize("pod", [False, True])
async def test_the_trail_of_a_lean_session_is_that_of_its_events(pod):
    config = PlaybackSessionConfig(interruption_rules=RULES)
    trails = trail.Trails()
    for lean in simulate(three() if pod else await f30(), config, 200, seed=3).lean():
        events = [(event.event_type, round(event.offset_sec * 1000)) for event in lean.session.events]
        assert trail.read(trails.of(lean.passage, lean.cut_ms)) == events
