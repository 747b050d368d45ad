"""What each level said of each field and rule part, and which of them counts."""

import itertools

import pytest

from playback.engine import Absent, ConfigError, ConfigResolver, trace
from playback.engine.configuration.config import CHECKS
from playback.engine.configuration.resolver import explain

LEVELS = ("global", "provider", "publisher", "override")
SUBSETS = [chosen for size in range(5) for chosen in itertools.combinations(LEVELS, size)]


def asked(levels, **more):
    return {
        "provider": "p",
        "publisher": "u",
        "global_config": levels.get("global"),
        "providers": {"p": levels.get("provider", {})},
        "publishers": {"u": levels.get("publisher", {})},
        "override": levels.get("override"),
        **more,
    }


def traced(levels, **more):
    return {row.place: row for row in trace(**asked(levels, **more))}


@pytest.mark.parametrize("subset", SUBSETS, ids=lambda subset: "+".join(subset) or "nobody")
def test_every_level_that_states_a_field_or_part_is_told_and_the_highest_is_in_force(subset):
    numbers = {level: float(place + 1) / 10 for place, level in enumerate(LEVELS)}
    levels = {
        level: {
            "quartile_offset_tolerance_sec": numbers[level],
            "interruption_rules": {"midpoint": {"probability": numbers[level]}},
        }
        for level in subset
    }
    rows = traced(levels)
    said = {level: numbers[level] for level in subset}
    highest = subset[-1] if subset else "default"
    field = rows["quartile_offset_tolerance_sec"]
    assert (field.said, field.level, field.value) == (said, highest, numbers.get(highest, 0.5))
    assert field.default == 0.5
    part = rows.get("interruption_rules.midpoint.probability")
    if subset:
        assert (part.said, part.level, part.value) == (said, highest, numbers[highest])
    else:
        assert part is None


def test_what_is_in_force_is_what_explain_tells():
    levels = {
        "global": {
            "mode": "real",
            "interruption_rules": {"start": {"min_offset_sec": 1, "max_offset_sec": 9}},
        },
        "provider": {"interruption_rules": {"complete": {"probability": 0.5}, "start": {"probability": 0.1}}},
        "override": {"interruption_rules": {"complete": {"anchor": "event", "min_offset_sec": -2}}},
    }
    rows = trace(**asked(levels), mode="headless")
    told = {row.place: (row.value, row.level) for row in rows}
    assert told == explain(ConfigResolver.resolve(**asked(levels), mode="headless"))
    assert list(told)[: len(CHECKS)] == list(CHECKS)


def test_the_mode_that_is_asked_for_beats_the_override():
    row = traced({"override": {"mode": "real"}}, mode="headless")["mode"]
    assert (row.value, row.level, row.said) == ("headless", "override", {"override": "headless"})


def test_a_rule_that_is_taken_away_is_told_with_who_had_it_and_comes_back_without_the_old_parts():
    had = {"provider": {"interruption_rules": {"start": {"probability": 0.5, "max_offset_sec": 3}}}}
    gone = had | {"publisher": {"interruption_rules": {"start": None}}}
    row = traced(gone)["interruption_rules.start.probability"]
    assert (row.value, row.level, row.default) == (Absent.NONE, "publisher", Absent.NONE)
    assert row.said == {"publisher": Absent.REMOVED, "provider": 0.5}
    again = traced(gone | {"override": {"interruption_rules": {"start": {"probability": 0.2}}}})
    assert again["interruption_rules.start.probability"].level == "override"
    end = again["interruption_rules.start.max_offset_sec"]
    assert (end.value, end.level) == (0.0, "default")
    assert end.said == {"publisher": Absent.REMOVED, "provider": 3}


def test_the_default_of_a_part_is_what_would_hold_without_it():
    rule = {"probability": 0.1, "min_offset_sec": 4, "max_offset_sec": 8, "reason": "timeout"}
    rows = traced({"provider": {"interruption_rules": {"start": rule}}})
    defaults = {name: rows[f"interruption_rules.start.{name}"].default for name in (*rule, "anchor")}
    assert defaults == {
        "probability": 0.0,
        "min_offset_sec": 0.0,
        "max_offset_sec": 4.0,
        "reason": "network_error",
        "anchor": "ad_start",
    }


def test_what_cannot_be_resolved_cannot_be_traced():
    with pytest.raises(ConfigError, match="unknown provider 'tigger'"):
        trace(provider="tigger")
    with pytest.raises(ConfigError, match="probabilty"):
        trace(override={"interruption_rules": {"start": {"probabilty": 1}}})
