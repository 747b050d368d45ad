"""What lean sessions say of their events without playing them again: always what the whole session recorded."""

import pytest

from playback.engine import PlaybackSessionConfig, simulate
from tests.playback.engine.ads import f30, rule, three

RULES = {
    "load": rule(0.1, 0, 1, reason="app_crash"),
    "start": rule(0.2, 0, 4, reason="network_error"),
    "midpoint": rule(0.3, 0, 30, reason="user_skip"),
    "complete": rule(0.3, 25, 29.5),
}
CONFIGS = {
    "rules": {"interruption_rules": RULES},
    "limit": {"interruption_rules": RULES, "max_session_duration_sec": 12},
    "no events": {"interruption_rules": RULES, "emit_playback_events": False},
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("ad", ["odd length", "pod"])
async def test_the_passage_of_a_lean_session_tells_what_the_whole_session_recorded(ad, config):
    data = three() if ad == "pod" else await f30(duration="00:00:30.001")
    for lean in simulate(data, PlaybackSessionConfig(**config), 150, seed=3).lean():
        passage, whole = lean.passage, lean.session
        told = [*passage.events, *((event, lean.end_ms) for event in passage.ending)]
        assert told == [(event.event_type, round(event.offset_sec * 1000)) for event in whole.events]
        assert lean.end_ms == round(whole.current_offset_sec * 1000)
        assert passage.error_code == whole.error_code


async def test_sessions_that_end_alike_between_the_same_moments_share_a_passage():
    config = PlaybackSessionConfig(interruption_rules=RULES)
    passages = {lean.passage for lean in simulate(await f30(), config, 2000, seed=3).lean()}
    assert 4 < len(passages) < 60
