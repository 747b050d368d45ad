"""docs/configuration.md is held against the code: fields, defaults, levels, rules, effects, profiles, the parser."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from playback.engine import (
    DEFAULT_CONFIG,
    PROFILE_SETS,
    PROVIDER_LABELS,
    PROVIDER_MACROS,
    ConfigResolver,
    InterruptionReason,
    InterruptionRule,
    PlaybackSessionConfig,
    VastClientConfig,
    VastParserConfig,
    VastTrackerConfig,
    tracker_config,
)
from playback.engine.configuration.config import FIELDS, HIGHEST
from playback.engine.configuration.interruptions import (
    BEFORE_RENDERING,
    EFFECTS,
    EVENT_POSITIONS,
    RULE_FIELDS,
)
from playback.engine.request.parser_config import FIELDS as PARSER_FIELDS
from playback.engine.request.provider_http import BASE_MACROS
from vast.xpath import MAX_LENGTH

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
LEVELS = ("global", "provider", "publisher", "override")


def section(heading: str) -> str:
    [found] = [
        part for part in re.split(r"^##+ ", TEXT, flags=re.MULTILINE) if part.startswith(heading + "\n")
    ]
    return found


def table(heading: str, number: int = 0) -> list[list[str]]:
    lines = re.findall(r"(?:^\|.*\n)+", section(heading), re.MULTILINE)[number].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def code(cell: str) -> str:
    return cell.strip("`")


def read(cell: str) -> object:
    return json.loads(code(cell))


def plain(value: object) -> object:
    return json.loads(json.dumps(value, default=as_json))


def as_json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value.to_dict()


def resolved(level: str, stated: dict) -> PlaybackSessionConfig:
    levels = {name: stated if name == level else {} for name in LEVELS}
    return ConfigResolver.resolve(
        provider="p",
        publisher="u",
        providers={"p": levels["provider"]},
        publishers={"u": levels["publisher"]},
        global_config=levels["global"],
        override=levels["override"],
    )


def test_every_field_is_listed_once_with_its_default_and_an_effect():
    rows = table("Fields")
    assert [code(row[0]) for row in rows] == list(FIELDS)
    assert {code(row[0]): read(row[2]) for row in rows} == DEFAULT_CONFIG.to_dict()
    assert all(row[4].endswith(".") for row in rows)
    assert f"at most {HIGHEST:.0e}".replace("e+09", "e9") in section("Fields")


@pytest.mark.parametrize("level", LEVELS)
def test_every_example_of_a_field_is_another_value_that_every_level_may_state(level):
    for name, _, default, example, _ in table("Fields"):
        stated = {code(name): read(example)}
        config = resolved(level, stated)
        assert config.to_dict() == PlaybackSessionConfig.from_dict(stated).to_dict()
        assert config.to_dict()[code(name)] != read(default)
        assert config.provenance[code(name)] == level


def test_the_levels_are_listed_from_the_highest_and_beat_those_below():
    rows = table("Levels")
    assert [row[0] for row in rows] == [*reversed(LEVELS), "default"]
    for number, row in enumerate(rows):
        below = [lower[0] for lower in rows[number + 1 :]]
        assert row[3] == (", ".join(below) or "nothing")
    stated = [{"max_session_duration_sec": number} for number in (1, 2, 3, 4)]
    for highest in range(1, 5):
        config = ConfigResolver.resolve(
            provider="p",
            publisher="u",
            global_config=stated[0],
            providers={"p": stated[1] if highest > 1 else {}},
            publishers={"u": stated[2] if highest > 2 else {}},
            override=stated[3] if highest > 3 else {},
        )
        assert config.provenance["max_session_duration_sec"] == LEVELS[highest - 1]


def test_every_part_of_a_rule_is_listed_with_its_default_and_an_example_that_is_one():
    rows = table("Interruption rules")
    assert [code(row[0]) for row in rows] == list(RULE_FIELDS)
    defaults = {item.name: item.default for item in fields(InterruptionRule)}
    for name, _, default, example, _ in rows:
        if code(name) == "reason":
            assert default == "by event"
        else:
            assert read(default) == defaults[code(name)]
        rule = InterruptionRule.from_parts("midpoint", {"max_offset_sec": 20, code(name): read(example)})
        assert rule[code(name)] == read(example)


def test_the_events_of_rules_and_their_codes_before_the_first_frame_are_named():
    text = section("Interruption rules")
    listed = text.split("one of the events ")[1].split(". Those")[0]
    assert re.findall(r"`(\w+)`", listed) == list(EVENT_POSITIONS)
    assert f"error {BEFORE_RENDERING['request']} or {BEFORE_RENDERING['load']}" in " ".join(text.split())


def test_every_reason_is_listed_with_its_effect():
    rows = table("Interruption rules", 1)
    assert [code(row[0]) for row in rows] == [reason.value for reason in InterruptionReason]
    for row in rows:
        effect = EFFECTS[InterruptionReason(code(row[0]))]
        said = f"Error with {effect.error_code}" if effect.error_code else "nothing"
        if effect.pixels:
            said = f"the trackers of {', else those of '.join(effect.pixels)}"
        assert (row[1], row[2]) == (effect.status, said)


def test_reasons_and_ends_nobody_states_are_as_told():
    for event in EVENT_POSITIONS:
        early = event in ("request", "load", "start")
        reason = InterruptionRule.from_parts(event, {}).reason
        assert reason == ("network_error" if early else "user_close")
    turned = InterruptionRule.from_parts("midpoint", {"max_offset_sec": -3})
    assert (turned.min_offset_sec, turned.max_offset_sec) == (-3, -3)


@pytest.mark.parametrize("profile_set", PROFILE_SETS)
def test_every_number_of_a_profile_is_printed(profile_set):
    events = ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete")

    def cell(rule: InterruptionRule | None) -> str:
        if rule is None:
            return "–"
        return f"{rule.probability:g} [{rule.min_offset_sec:g}, {rule.max_offset_sec:g}]"

    profiles = PROFILE_SETS[profile_set]
    assert table(f"Set `{profile_set}`") == [
        [
            f"`{provider}`",
            *(cell(rules.get(event)) for event in events),
            PROVIDER_LABELS[profile_set][provider],
        ]
        for provider, rules in profiles.items()
    ]
    anchors = {rule.anchor for rules in profiles.values() for rule in rules.values()}
    told = {"ad_start": "count from the start of the ad", "event": "count from the event"}
    assert [told[anchor] in section(f"Set `{profile_set}`") for anchor in anchors] == [True]


def test_every_field_of_the_parser_is_listed_with_its_default_and_an_example_that_is_one():
    rows = table("Parser")
    assert [code(row[0]) for row in rows] == list(PARSER_FIELDS)
    assert {code(row[0]): read(row[1]) for row in rows} == plain(VastParserConfig().to_dict())
    for name, default, example, effect in rows:
        config = VastParserConfig.from_dict({code(name): read(example)})
        assert (
            config.to_dict()[code(name)]
            == ("cp1251" if code(name) == "encoding" else read(example))
            != read(default)
        )
        assert effect.endswith(".")
    assert f"at most {MAX_LENGTH}\ncharacters" in section("Parser")


@pytest.mark.parametrize(("heading", "kind"), [("Client", VastClientConfig), ("Tracker", VastTrackerConfig)])
def test_every_field_of_client_and_tracker_is_listed_with_its_default_and_an_example_that_is_one(
    heading, kind
):
    rows = table(heading)
    assert [code(row[0]) for row in rows] == [item.name for item in fields(kind)]
    for name, default, example, effect in rows:
        field, stated = code(name), read(example)
        assert read(default) == plain(getattr(kind(), field)), field
        made = plain(getattr(kind.from_dict({field: stated}), field))
        if isinstance(stated, dict):
            made = {key: value for key, value in made.items() if key in stated}
        assert made == stated != read(default), field
        assert effect.endswith("."), field


def test_the_macros_of_every_provider_are_those_of_the_code():
    rows = table("Macros of the providers")
    assert [code(row[0]) for row in rows] == list(PROVIDER_MACROS)
    for name, formats, mapping, static in rows:
        macros = PROVIDER_MACROS[code(name)]
        assert tuple(re.findall(r"`([^`]+)`", formats)) == macros.formats
        assert {**BASE_MACROS.mapping, **pairs(mapping)} == macros.mapping
        assert dict(re.findall(r"`(\w+)` ([^,]+)", static)) == macros.static
        config = tracker_config(code(name))
        assert (config.macro_formats, dict(config.static_macros)) == (macros.formats, dict(macros.static))
    assert pairs(section("Macros of the providers").split("Each maps")[1]) == BASE_MACROS.mapping


def pairs(text: str) -> dict[str, str]:
    return dict(re.findall(r"`(\w+)` → `(\w+)`", text))
