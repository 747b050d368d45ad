"""Rules beside what they mean: arranged, compared, merged, weighed and drawn."""

import pytest
from django.http import QueryDict

from playback.engine import ConfigResolver, simulate
from playback.engine.configuration.idle import idle_rules
from playback.engine.simulation.specimen import specimen
from playback.expectation import expected
from playback.rows import shipped, to_partial
from playback.rules.arranging import arranged
from playback.rules.comparing import Change, both_changed, changes, merged
from playback.rules.picture import picture
from playback.rules.weighing import SEED, SESSIONS, side, stages

START = {"event": "start", "probability": 0.05, "min_offset_sec": 0, "max_offset_sec": 1}
MIDPOINT = {"event": "midpoint", "probability": 0.1, "min_offset_sec": 5, "max_offset_sec": 15}


def resolved(*rules: dict, **settings: object):
    return ConfigResolver.resolve(
        provider="it", providers={"it": to_partial({**settings, "rules": list(rules)})}
    )


def why(rule: dict, duration_ms: int = 15_000, limit_ms: int | None = None, *others: dict) -> str:
    return idle_rules(resolved(*others, rule).rules, duration_ms, limit_ms).get(rule["event"], "")


class TestIdle:
    @pytest.mark.parametrize(
        ("parts", "said"),
        [
            ({"min_offset_sec": 20, "max_offset_sec": 25}, "begins at 20 s, after the end of an ad of 15 s"),
            ({"min_offset_sec": 15, "max_offset_sec": 25}, "begins where an ad of 15 s is complete"),
            ({"min_offset_sec": -9, "max_offset_sec": -1}, "ends before the ad begins"),
            ({"probability": 0}, "its probability is 0"),
            ({"anchor": "event", "min_offset_sec": 8}, "begins at 15.5 s"),
            ({}, ""),
        ],
    )
    def test_a_rule_that_can_never_fire_says_why(self, parts, said):
        found = why({**MIDPOINT, **parts})
        assert said in found if said else not found

    def test_a_window_behind_the_longest_session_never_fires(self):
        assert "a session ends before it, after 4 s" in why(MIDPOINT, 15_000, 4_000)

    def test_a_window_behind_a_certain_interruption_never_fires(self):
        certain = {**START, "probability": 1}
        assert "others have ended every viewing" in why(MIDPOINT, 15_000, None, certain)

    def test_idle_rules_interrupt_no_session_and_the_others_do(self):
        config = resolved(*shipped("global", "seed")["rules"])
        counts = simulate(specimen(15_000), config, 5_000, 1).summary["interrupted_by"]
        idle = idle_rules(config.rules, 15_000)
        assert set(idle) == {"complete"}
        assert {event for event, count in counts.items() if count} == {"start", "midpoint"}


def test_the_closed_form_of_a_configuration_agrees_with_the_expectation_of_its_simulation():
    config = resolved(START, MIDPOINT, max_session_duration_sec=12)
    found, told = expected(config, 20_000), simulate(specimen(20_000), config, 10, 1).summary["expected"]
    assert found.interrupted == pytest.approx(told["interrupted"]["share"])
    assert dict(found.funnel) == pytest.approx(
        {event: told["funnel"][event]["share"] for event, _ in found.funnel}
    )
    assert found.survival[-1][0] == 12_000


class TestComparing:
    def test_equal_profiles_differ_in_nothing(self):
        assert changes({"rules": [START, MIDPOINT]}, {"rules": [START, MIDPOINT]}) == []

    def test_differences_name_the_rule_and_the_part(self):
        now = {"mode": "headless", "rules": [MIDPOINT, {**START, "probability": 0.25, "reason": "timeout"}]}
        assert changes({"rules": [START, MIDPOINT]}, now) == [
            Change("Rule start", "probability", "5 %", "25 %"),
            Change("Rule start", "reason", "not stated", "timeout"),
            Change("Order of the rules", "", "start, midpoint", "midpoint, start"),
            Change("Mode", "", "not stated", "headless"),
        ]

    def test_a_rule_that_came_went_or_is_taken_away_is_told_whole(self):
        removed = {"event": "start", "removed": True}
        assert changes({"rules": [START]}, {"rules": [removed, MIDPOINT]}) == [
            Change("Rule start", "", "5 %, from 0 s, to 1 s", "no such rule here"),
            Change("Rule midpoint", "", "no rule", "10 %, from 5 s, to 15 s"),
        ]

    def test_changes_of_two_people_are_put_together_and_yours_stands_where_both_changed(self):
        base = {"mode": "real", "rules": [START, MIDPOINT]}
        theirs = {"mode": "headless", "rules": [{**START, "probability": 0.5, "reason": "timeout"}]}
        yours = {"mode": "real", "rules": [MIDPOINT, {**START, "probability": 0.4}], "pause_pixels": "once"}
        assert merged(base, theirs, yours) == {
            "mode": "headless",
            "pause_pixels": "once",
            "rules": [{**START, "probability": 0.4, "reason": "timeout"}],
        }
        assert both_changed(base, theirs, yours) == [Change("Rule start", "probability", "50 %", "40 %")]

    def test_a_rule_you_added_and_one_they_added_both_stand(self):
        rules = merged({}, {"rules": [START]}, {"rules": [MIDPOINT]})["rules"]
        assert [rule["event"] for rule in rules] == ["start", "midpoint"]


class TestArranging:
    FORM = "rules-TOTAL_FORMS=2&rules-0-event=start&rules-0-reason=timeout&rules-1-event=midpoint&mode=real"

    @pytest.mark.parametrize(
        ("order", "events"),
        [
            ("down:0", ["midpoint", "start"]),
            ("up:1", ["midpoint", "start"]),
            ("up:0", ["start", "midpoint"]),
            ("down:1", ["start", "midpoint"]),
            ("down:99999999999", ["start", "midpoint"]),
            ("sideways:0", ["start", "midpoint"]),
            ("", ["start", "midpoint"]),
        ],
    )
    def test_a_row_moves_with_all_its_fields_or_stays(self, order, events):
        found = arranged(QueryDict(self.FORM), order)
        assert [found["rules-0-event"], found["rules-1-event"]] == events
        assert found[f"rules-{events.index('start')}-reason"] == "timeout"
        assert (found["mode"], found["rules-TOTAL_FORMS"]) == ("real", "2")

    def test_an_emptied_row_keeps_its_event(self):
        found = arranged(QueryDict(self.FORM), "clear:0")
        assert found["rules-0-event"] == "start"
        assert "rules-0-reason" not in found


class TestWeighing:
    def test_a_publisher_is_weighed_over_the_provider_underneath(self):
        half = to_partial({"rules": [{"event": "start", "probability": 0.5}]})
        under = to_partial({"rules": [START, MIDPOINT]})
        over = side("publisher", half, 15_000, under)
        assert over.share("interrupted") == pytest.approx(1 - 0.5 * 0.9)
        assert over.config.provenance["interruption_rules.midpoint"] == "provider"
        assert side("publisher", half, 15_000).share("interrupted") == 0.5

    def test_both_sides_are_tried_with_the_same_seed_and_stay_in_their_bands(self):
        less, more = (
            side("provider", to_partial({"rules": [{**START, "probability": share}]}), 6_000)
            for share in (0.1, 0.3)
        )
        first, *_, last = stages(less, more)
        assert first.change == 20.0
        assert last.change == -20.0
        for stage in stages(less, more):
            assert not stage.draft_trial.is_outside
            assert not stage.published_trial.is_outside
        assert less.tried["seed"] == more.tried["seed"] == SEED
        assert less.tried["sessions"] == SESSIONS


class TestPicture:
    def test_a_window_lies_where_it_may_strike_and_a_changed_one_leaves_its_shape_behind(self):
        now = side("provider", to_partial({"rules": [{**MIDPOINT, "probability": 0.4}]}), 20_000)
        was = side("provider", to_partial({"rules": [START, MIDPOINT]}), 20_000)
        drawn = picture(now, 20_000, was)
        midpoint, start = drawn.lanes
        assert (midpoint.bar.x, midpoint.bar.width, midpoint.span) == (250.0, 500.0, "5–15 s")
        assert midpoint.before.height < midpoint.bar.height
        assert (start.is_gone, start.bar) == (True, None)
        assert drawn.curve.startswith("0.0,0.0 ")
        assert drawn.curve.endswith("1000.0,80.0")
        assert drawn.floor == 0.5
        assert "40.0 % are interrupted. Published: 14.5 % interrupted." in drawn.summary

    def test_a_rule_outside_the_ad_has_a_lane_without_a_bar_and_says_why(self):
        shown = side("provider", to_partial({"rules": [{**MIDPOINT, "min_offset_sec": 9}]}), 6_000)
        [lane] = picture(shown, 6_000).lanes
        assert lane.bar is None
        assert "after the end" in lane.idle
