"""Configuration and its four levels: playback.md 5.6."""

import copy
import gc
import itertools
import json
import pickle

import pytest

from playback.engine import (
    DEFAULT_CONFIG,
    PROFILE_SETS,
    PROVIDERS,
    ConfigError,
    ConfigResolver,
    InterruptionRule,
    PlaybackSessionConfig,
    VastClient,
    get_provider_rules,
    provider_configs,
)
from playback.engine.configuration.resolver import explain
from tests.playback.engine.ads import rule

resolve = ConfigResolver.resolve

DEFAULTS = {
    "mode": "auto",
    "max_session_duration_sec": 300.0,
    "enable_auto_quartiles": True,
    "quartile_offset_tolerance_sec": 0.5,
    "headless_tick_interval_sec": 0.1,
    "headless_playback_speed": 1.0,
    "enable_session_persistence": False,
    "emit_playback_events": True,
    "log_tracking_urls": False,
}
PAIRS = {
    "mode": ("real", "headless"),
    "max_session_duration_sec": (300.0, 20.0),
    "enable_auto_quartiles": (True, False),
    "quartile_offset_tolerance_sec": (0.5, 2.0),
    "headless_tick_interval_sec": (0.1, 1.0),
    "headless_playback_speed": (1.0, 0.0),
    "enable_session_persistence": (False, True),
    "emit_playback_events": (True, False),
    "log_tracking_urls": (False, True),
}
LEVELS = ("global", "provider", "publisher", "override")
SUBSETS = [chosen for size in (1, 2, 3, 4) for chosen in itertools.combinations(LEVELS, size)]


def resolve_levels(levels, **more):
    return resolve(
        provider="p",
        publisher="u",
        global_config=levels.get("global"),
        providers={"p": levels.get("provider", {})},
        publishers={"u": levels.get("publisher", {})},
        override=levels.get("override"),
        **more,
    )


@pytest.mark.parametrize("build", [dict, PlaybackSessionConfig.from_dict], ids=["mapping", "config"])
@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
@pytest.mark.parametrize("field", PAIRS)
def test_K01_K14_the_highest_level_that_states_a_field_wins_even_with_the_default(field, subset, build):
    for winner, loser in (PAIRS[field], PAIRS[field][::-1]):
        levels = {level: build({field: loser}) for level in subset}
        levels[subset[-1]] = build({field: winner})
        config = resolve_levels(levels)
        assert getattr(config, field) == winner
        assert config.provenance[field] == subset[-1]


def test_K02_nothing_stated_gives_the_hard_coded_defaults():
    config = resolve()
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS
    assert config.interruption_rules == {}
    assert config == PlaybackSessionConfig() == DEFAULT_CONFIG
    assert set(config.provenance.values()) == {"default"}


def test_K04_one_part_of_one_rule_is_overridden_and_the_rest_kept():
    config = resolve(
        provider="google",
        providers=provider_configs("legacy"),
        override={"interruption_rules": {"start": {"probability": 0.0}}},
    )
    before = get_provider_rules("google", "legacy")
    after = config.interruption_rules
    assert after["start"].probability == 0.0
    assert (after["start"].min_offset_sec, after["start"].max_offset_sec) == (0.0, 3.0)
    assert {event: after[event] for event in after if event != "start"} == {
        event: before[event] for event in before if event != "start"
    }
    assert config.provenance["interruption_rules.start.probability"] == "override"
    assert config.provenance["interruption_rules.start.max_offset_sec"] == "provider"
    assert explain(config)["interruption_rules.start.probability"] == (0.0, "override")


PARTS = {
    "probability": (0.0, 0.9),
    "min_offset_sec": (0.0, 1.0),
    "max_offset_sec": (3.0, 4.0),
    "anchor": ("event", "ad_start"),
    "reason": ("user_skip", "app_crash"),
}


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
@pytest.mark.parametrize("part", PARTS)
def test_K05_the_highest_level_wins_for_each_part_of_a_rule(part, subset):
    for winner, loser in (PARTS[part], PARTS[part][::-1]):
        levels = {level: {"interruption_rules": {"start": {part: loser}}} for level in subset}
        levels[subset[-1]] = {"interruption_rules": {"start": {part: winner}}}
        config = resolve_levels(levels)
        assert getattr(config.interruption_rules["start"], part) == winner
        assert config.provenance[f"interruption_rules.start.{part}"] == subset[-1]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_K07_mode_and_provider_give_that_mode_and_exactly_its_rules(provider):
    config = ConfigResolver().resolve(mode="headless", provider=provider, global_config=DEFAULT_CONFIG)
    assert config.mode == "headless"
    assert config.interruption_rules == get_provider_rules(provider)
    assert get_provider_rules(provider) == config.interruption_rules


@pytest.mark.parametrize(
    ("arguments", "field", "known"),
    [
        ({"provider": "tigger"}, "provider", "tiger"),
        ({"publisher": "x", "publishers": {"mine": {}}}, "publisher", "mine"),
        ({"override": {"max_session": 3}}, "max_session", "max_session_duration_sec"),
        (
            {"override": {"interruption_rules": {"start": {"probabilty": 1}}}},
            "interruption_rules.start.probabilty",
            "probability",
        ),
        ({"override": {"interruption_rules": {"mid": {}}}}, "interruption_rules.mid", "midpoint"),
        ({"mode": "fast"}, "mode", "headless"),
        ({"provider": "p", "providers": {"p": {"speed": 1}}}, "speed", "headless_playback_speed"),
    ],
)
def test_K08_unknown_names_are_errors_that_name_the_known_ones(arguments, field, known):
    with pytest.raises(ConfigError) as refused:
        resolve(**arguments)
    assert refused.value.field == field
    assert known in refused.value.known
    assert known in str(refused.value)


def test_a_publisher_without_a_mapping_of_publishers_adds_nothing():
    assert resolve(publisher="my_publisher", provider="tiger") == resolve(provider="tiger")


def test_mode_beats_the_override_and_the_override_the_publisher():
    config = resolve_levels({"override": {"mode": "real"}, "publisher": {"mode": "auto"}}, mode="headless")
    assert (config.mode, config.provenance["mode"]) == ("headless", "override")


def test_none_removes_a_rule_and_a_higher_level_may_state_it_anew():
    removed = resolve(provider="yandex", override={"interruption_rules": {"start": None}})
    assert removed.interruption_rules == {}
    assert removed.provenance["interruption_rules.start"] == "override"
    assert "interruption_rules.start.probability" not in removed.provenance
    as_config = PlaybackSessionConfig(interruption_rules={"start": None})
    assert resolve(provider="yandex", override=as_config).interruption_rules == {}
    levels = {"provider": {"interruption_rules": {"start": rule(0.5, 1, 2)}}}
    levels["publisher"] = {"interruption_rules": {"start": None}}
    levels["override"] = {"interruption_rules": {"start": {"probability": 1}}}
    assert resolve_levels(levels).interruption_rules["start"].max_offset_sec == 0.0


def test_K10_the_result_cannot_be_changed():
    config = resolve(provider="tiger")
    with pytest.raises(AttributeError):
        config.mode = "real"
    with pytest.raises(TypeError):
        config.interruption_rules["start"] = None
    with pytest.raises(TypeError):
        config.provenance["mode"] = "x"
    with pytest.raises(AttributeError):
        config.interruption_rules["start"].probability = 1
    with pytest.raises(TypeError):
        PROFILE_SETS["seed"]["tiger"]["start"] = None
    mine = get_provider_rules("tiger")
    mine.clear()
    assert get_provider_rules("tiger")


def test_K11_inputs_are_never_changed():
    levels = {level: {"mode": "real", "interruption_rules": {"start": rule(0.5, 0, 1)}} for level in LEVELS}
    before = copy.deepcopy(levels)
    resolve_levels(levels, mode="headless")
    assert levels == before


def test_K13_equal_resolves_give_equal_results():
    first = resolve(provider="google", override={"mode": "real"})
    assert all(resolve(provider="google", override={"mode": "real"}) == first for _ in range(1000))
    assert hash(first) == hash(resolve(provider="google", mode="real"))


def test_K13_nothing_is_kept_of_a_resolve_whose_result_is_let_go():
    def alive():
        gc.collect()
        return sum(type(thing) is PlaybackSessionConfig for thing in gc.get_objects())

    resolve(provider="google")
    before = alive()
    for limit in range(1000):
        resolve(provider="google", override={"max_session_duration_sec": limit})
    assert alive() <= before


SEED_TABLE = {
    "global": {"start": (0.05, 0, 1), "midpoint": (0.10, 5, 15), "complete": (0.15, 20, 25)},
    "tiger": {"start": (0.02, 0, 0.5)},
    "leto": {"start": (0.20, 0, 3)},
    "yandex": {"start": (0.25, 0, 5)},
    "google": {"start": (0.08, 0, 1)},
    "custom": {"start": (0.15, 0, 3)},
}
LEGACY_ANY = {
    "global": 30.836, "tiger": 18.588, "leto": 12.384, "yandex": 23.592, "google": 42.201, "custom": 16.837,
}  # fmt: skip


@pytest.mark.parametrize("provider", PROVIDERS)
def test_K16_both_profile_sets_hold_the_published_numbers(provider):
    seed = get_provider_rules(provider)
    assert {
        event: (r.probability, r.min_offset_sec, r.max_offset_sec) for event, r in seed.items()
    } == SEED_TABLE[provider]
    assert {r.anchor for r in seed.values()} == {"ad_start"}
    legacy = get_provider_rules(provider, profile_set="legacy")
    assert list(legacy) == ["start", "firstQuartile", "midpoint", "thirdQuartile", "complete"]
    going = 1.0
    for one in legacy.values():
        going *= 1 - one.probability
    assert (1 - going) * 100 == pytest.approx(LEGACY_ANY[provider], abs=0.0006)
    assert (legacy["complete"].min_offset_sec, legacy["complete"].max_offset_sec) == (-5.0, 0.0)
    assert {r.anchor for r in legacy.values()} == {"event"}
    reasons = {event: one.reason.value for event, one in legacy.items()}
    assert reasons.pop("start") == "network_error"
    assert set(reasons.values()) == {"user_close"}


@pytest.mark.parametrize(
    "call", [lambda: get_provider_rules("tigger"), lambda: get_provider_rules("tiger", "new")]
)
def test_K16_unknown_profiles_are_errors(call):
    with pytest.raises(ConfigError):
        call()
    with pytest.raises(ConfigError):
        provider_configs("new")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "fast"),
        ("mode", None),
        ("max_session_duration_sec", -1),
        ("max_session_duration_sec", float("nan")),
        ("max_session_duration_sec", "300"),
        ("max_session_duration_sec", True),
        ("enable_auto_quartiles", 1),
        ("quartile_offset_tolerance_sec", -0.1),
        ("quartile_offset_tolerance_sec", None),
        ("headless_tick_interval_sec", 0),
        ("headless_playback_speed", -1),
        ("headless_playback_speed", float("inf")),
        ("enable_session_persistence", "false"),
        ("pause_pixels", "twice"),
        ("interruption_rules", ["start"]),
    ],
)
def test_a_value_nobody_can_play_by_is_refused_by_name(field, value):
    with pytest.raises(ConfigError) as refused:
        PlaybackSessionConfig(**{field: value})
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"probability": 1.5}, "probability"),
        ({"probability": float("nan")}, "probability"),
        ({"probability": True}, "probability"),
        ({"min_offset_sec": 3, "max_offset_sec": 1}, "min_offset_sec"),
        ({"max_offset_sec": float("inf")}, "max_offset_sec"),
        ({"anchor": "middle"}, "anchor"),
        ({"reason": "boredom"}, "reason"),
        ({"kind": "normal"}, "kind"),
    ],
)
def test_a_rule_nobody_can_draw_by_is_refused_by_name(parts, field):
    with pytest.raises(ConfigError) as refused:
        PlaybackSessionConfig(interruption_rules={"midpoint": parts})
    assert refused.value.field == f"interruption_rules.midpoint.{field}"


def test_a_rule_that_is_no_rule_is_refused():
    with pytest.raises(ConfigError, match="is not a rule"):
        PlaybackSessionConfig(interruption_rules={"start": 0.5})
    with pytest.raises(ConfigError, match="not a mapping"):
        PlaybackSessionConfig.from_dict([1])


def test_an_end_of_the_window_nobody_stated_never_turns_it_round():
    def ends(**parts):
        (one,) = PlaybackSessionConfig(interruption_rules={"start": parts}).rules
        return one.min_offset_sec, one.max_offset_sec

    assert ends() == (0.0, 0.0)
    assert ends(min_offset_sec=2) == (2.0, 2.0)
    assert ends(min_offset_sec=-2) == (-2.0, 0.0)
    assert ends(max_offset_sec=-1) == (-1.0, -1.0)
    assert ends(max_offset_sec=4) == (0.0, 4.0)


def test_to_dict_is_json_and_reads_back_equal():
    for config in (DEFAULT_CONFIG, resolve(provider="global", mode="headless")):
        written = json.loads(json.dumps(config.to_dict(), allow_nan=False))
        assert PlaybackSessionConfig.from_dict(written) == config
        assert PlaybackSessionConfig.from_dict(written).to_dict() == written


def test_mappings_and_rules_are_the_same_configuration():
    as_rule = PlaybackSessionConfig(interruption_rules={"start": InterruptionRule("start", 0.5, 0, 2)})
    as_mapping = PlaybackSessionConfig(interruption_rules={"start": rule(0.5, 0, 2, reason="user_close")})
    assert as_rule == as_mapping
    assert dict(as_rule.interruption_rules["start"]) == as_rule.to_dict()["interruption_rules"]["start"]
    assert "start" in repr(as_rule.interruption_rules)


def test_a_configuration_survives_pickling_and_copying_with_what_it_states():
    config = resolve(provider="leto", mode="headless")
    for twin in (pickle.loads(pickle.dumps(config)), copy.deepcopy(config)):
        assert twin == config
        assert twin.provenance == config.provenance
        assert twin.stated == config.stated


def test_evolve_states_the_change_and_keeps_the_rest():
    config = PlaybackSessionConfig(headless_playback_speed=2.0).evolve(mode="real")
    assert config.stated == {"headless_playback_speed": 2.0, "mode": "real"}
    assert config.headless_playback_speed == 2.0


def test_the_client_resolves_playback_configurations():
    config = VastClient.from_xml("<VAST/>").get_playback_config("tiger", override={"mode": "real"})
    assert config == resolve(provider="tiger", mode="real")


def test_a_part_of_a_rule_nobody_knows_is_refused_wherever_the_rule_is_made():
    with pytest.raises(ConfigError) as refused:
        InterruptionRule.from_parts("start", {"probabilty": 1})
    assert refused.value.field == "interruption_rules.start.probabilty"


def test_no_rules_at_all_may_be_said_as_none():
    assert PlaybackSessionConfig(interruption_rules=None).interruption_rules == {}


def test_a_rule_stands_under_its_own_event():
    with pytest.raises(ConfigError, match="one for midpoint"):
        PlaybackSessionConfig(interruption_rules={"start": InterruptionRule("midpoint", 0.5, 0, 2)})


def test_a_rule_without_an_event_has_it_from_its_key():
    nameless = InterruptionRule(probability=0.5, min_offset_sec=1, max_offset_sec=2)
    config = PlaybackSessionConfig(interruption_rules={"midpoint": nameless, "complete": nameless})
    assert [made.event for made in config.rules] == ["midpoint", "complete"]
    assert config.rules[0] == InterruptionRule("midpoint", 0.5, 1, 2)
    assert resolve(override={"interruption_rules": {"midpoint": nameless}}).rules == config.rules[:1]
    with pytest.raises(ConfigError, match="strat: no rule can be tied"):
        PlaybackSessionConfig(interruption_rules={"strat": nameless})
    with pytest.raises(ConfigError, match="probability: 2"):
        InterruptionRule(probability=2)


def test_a_rule_reads_like_the_mapping_it_is_written_as():
    made = get_provider_rules("tiger")["start"]
    assert dict(made) == made.to_dict()
    assert list(made) == list(made.to_dict())
    assert "probability" in made
    assert (made.get("probability"), made.get("probabilty"), made.get("kind", 3)) == (0.02, None, 3)
