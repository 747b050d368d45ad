"""What an interruption does to one session, and how it is drawn (playback.md 2.1-2.9)."""

import pytest

from playback.engine import (
    PROVIDERS,
    HeadlessPlayer,
    InterruptionReason,
    InterruptionRule,
    PlaybackSession,
    PlaybackSessionConfig,
    SimulatedTimeProvider,
    get_provider_rules,
)
from playback.engine.configuration import interruptions
from playback.engine.configuration.interruptions import (
    RULE_KINDS,
    RuleOutcome,
)
from playback.engine.playing.plan import compile_plan
from playback.engine.splitmix import check_seed, mix, session_seed, stable_key, uniform
from tests.playback.engine.ads import ad_of, events_of, f30, inline, names_of, play, rule, sent_names, vast

BATCH = 1


@pytest.mark.parametrize("profile_set", ["seed", "legacy"])
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_played_session_ends_as_its_draws_say(provider, profile_set):
    ad = await ad_of(vast(inline()))
    config = PlaybackSessionConfig(interruption_rules=get_provider_rules(provider, profile_set))
    plan = compile_plan(ad, config)
    for index in range(150):
        seed = session_seed(BATCH, index)
        cut = plan.cut(seed)
        session = await play(ad, config, seed=seed)
        assert session.interrupted_by == (cut.event if cut else None)
        assert session.current_offset_sec == (cut.offset_ms / 1000 if cut else 30.0)
        assert session.end_reason == (cut.reason if cut else "completed")
        assert session.interruption_plan == plan.draw(seed)


EFFECTS = {
    "user_close": ("closed", "close", None),
    "user_skip": ("closed", "skip", None),
    "network_error": ("error", "err?c=[ERRORCODE]", 405),
    "timeout": ("error", "err?c=[ERRORCODE]", 405),
    "device_error": ("error", "err?c=[ERRORCODE]", 405),
    "app_crash": ("closed", None, None),
}


@pytest.mark.parametrize("reason", list(InterruptionReason))
async def test_each_reason_has_its_effect_on_pixels_and_status(reason):
    status, pixel, code = EFFECTS[reason]
    config = {"interruption_rules": {"midpoint": rule(1, 12, 12, reason=reason)}}
    player = HeadlessPlayer(None, await f30(), config, seed=1)
    session = await player.play()
    assert (session.status, session.end_reason, session.error_code) == (status, reason, code)
    assert sent_names(player)[-1] == (pixel or "q1")
    assert names_of(session).count("interrupt") == 1
    assert session.interruption_scheduled is reason
    (event,) = [event for event in session.events if event.event_type == "interrupt"]
    assert event.metadata["rule"] == "midpoint"
    assert event.metadata.get("error_code") == code
    if code:
        assert {row.resolved_url for row in player.ledger if row.event == "error"} == {
            "http://t.test/err?c=405"
        }


@pytest.mark.parametrize(("event", "code"), [("request", 301), ("load", 402)])
async def test_2_8_an_interruption_before_rendering_is_an_error_without_impression(event, code):
    config = {"interruption_rules": {"start": rule(1, 0, 0), event: rule(1, 0, 0)}}
    player = HeadlessPlayer(None, await f30(), config, seed=1)
    session = await player.play()
    assert (session.status, session.error_code, session.interrupted_by) == ("error", code, event)
    assert sent_names(player) == ["err?c=[ERRORCODE]"]
    assert names_of(session) == ["interrupt"]
    assert session.end_reason == "network_error"


async def test_an_interruption_at_the_very_start_comes_after_impression_and_start():
    session = await play(await f30(), {"interruption_rules": {"start": rule(1, 0, 0)}})
    assert names_of(session) == ["impression", "creativeView", "start", "interrupt"]


async def test_an_interruption_on_the_last_instant_loses_to_complete():
    session = await play(await f30(), {"interruption_rules": {"complete": rule(1, 30, 30)}})
    assert (session.status, session.interrupted) == ("completed", False)
    assert session.interruption_scheduled == "user_close"


async def test_the_record_shows_every_rule_with_its_draw():
    config = {"interruption_rules": {"start": rule(0.25, 0, 5), "complete": rule(1, 40, 50)}}
    session = await play(await f30(), config, seed=7)
    first, second = session.to_dict()["interruption_plan"]
    assert first["u"] == uniform(7, stable_key("start"))
    assert first["window_ms"] == [0, 5000]
    assert first["hit"] is (first["u"] < 0.25)
    assert (second["applicable"], second["hit"], second["window_ms"]) == (False, False, None)


async def test_the_interruption_does_not_depend_on_the_clock():
    ad, config = await f30(), {"interruption_rules": {"midpoint": rule(1, 5, 15)}}
    sessions = [
        await play(ad, config, seed=3, time_provider=clock)
        for clock in (
            SimulatedTimeProvider(),
            SimulatedTimeProvider(speed=1e6),
            SimulatedTimeProvider(start=1e6),
        )
    ]
    assert len({str(events_of(session)) for session in sessions}) == 1


def test_the_draws_follow_the_published_formula():
    gamma, mask = 0x9E3779B97F4A7C15, 2**64 - 1

    def finaliser(z):
        z &= mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    assert mix(gamma) == finaliser(gamma) == 0xE220A8397B1DCDAF, (
        "splitmix64 of seed 0, its published first output"
    )
    assert session_seed(5, 3) == finaliser(finaliser(5 + gamma) + gamma * 4) >> 11
    assert uniform(5, 3) == (finaliser(finaliser(5 + gamma) + gamma * 4) >> 11) * 2.0**-53
    assert stable_key("start") == stable_key("start") != stable_key("midpoint")


@pytest.mark.parametrize("seed", [-1, 2**53, 1.5, "7", True, None])
def test_a_seed_that_json_cannot_hold_exactly_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        check_seed(seed)


def test_a_rule_draws_by_itself_as_every_kind_of_rule_must():
    for kind in RULE_KINDS.values():
        one = kind("start", probability=0.5, max_offset_sec=4)
        outcome = one.draw(30_000, lambda key: 0.25)
        assert outcome == RuleOutcome("start", 0.5, "user_close", True, True, 0.25, 1000, (0, 4000))


def test_a_window_between_two_milliseconds_is_a_point():
    window = InterruptionRule("start", 1, 0.0002, 0.0004).window(30_000)
    assert (window.lo_ms, window.hi_ms) == (0, 0)


class LastMomentRule(InterruptionRule):
    """Strikes at the end of its window, always."""

    kind = "last_moment"

    def draw(self, duration_ms, rng):
        window = self.window(duration_ms)
        drawn = super().draw(duration_ms, rng)
        return drawn._replace(hit=True, offset_ms=window.hi_ms)


async def test_a_new_shape_of_rule_is_a_class_and_a_line_in_the_registry(monkeypatch):
    monkeypatch.setattr(interruptions, "RULE_KINDS", {**RULE_KINDS, "last_moment": LastMomentRule})
    stated = {"midpoint": {"kind": "last_moment", **rule(0.0, 2, 12.5)}}
    session = await play(await f30(), {"interruption_rules": stated})
    assert (session.interrupted_by, session.current_offset_sec) == ("midpoint", 12.5)
    again = PlaybackSession.from_dict(session.to_dict())
    assert type(again.config.interruption_rules["midpoint"]) is LastMomentRule
    assert again == session


def test_a_rule_equals_the_mapping_it_is_written_as_and_a_rule_of_the_same_parts():
    written = {
        "probability": 0.02, "min_offset_sec": 0, "max_offset_sec": 0.5,
        "anchor": "ad_start", "reason": "network_error",
    }  # fmt: skip
    shipped = get_provider_rules("tiger")
    assert shipped == {"start": written}
    assert shipped["start"] != {**written, "probability": 0.03}
    assert shipped["start"] == InterruptionRule("start", **written)
    assert shipped["start"] != InterruptionRule("complete", **written)
    assert len({shipped["start"], InterruptionRule("start", **written)}) == 1
    assert shipped["start"] != 0.02
