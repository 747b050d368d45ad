"""The configuration in force, for people and for programs: every value, its level, and what the other levels said."""

import pytest

from playback.effective import counts, groups, spoken
from playback.engine import Absent, trace
from tests.site.rows import make_provider
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db
PAGE, API = "/configuration/", "/api/v1/configuration"


@pytest.fixture
def levels():
    make_provider("global")
    rules = [{"event": "start", "probability": 0.5}, {"event": "complete", "removed": True}]
    Publisher.objects.create(name="attic", title="Attic", playback={"mode": "real", "rules": rules})


def test_values_are_told_in_words_with_the_rules_that_were_taken_away_last():
    level = {"mode": "real", "interruption_rules": {"start": None}}
    providers = {
        "p": {"interruption_rules": {"start": {"probability": 0.25}, "midpoint": {"anchor": "event"}}}
    }
    traced = trace(provider="p", providers=providers, override=level)
    told = groups(traced)
    assert [(group.event, group.gone) for group in told] == [
        ("", ""),
        ("midpoint", ""),
        ("start", "override"),
    ]
    mode, longest = told[0].rows[:2]
    assert (mode.label, mode.value, mode.level, mode.default) == ("Mode", "real", "override", "auto")
    assert mode.said == (("real", True), ("", False), ("", False), ("", False))
    assert (longest.value, longest.level) == ("300", "default")
    probability = told[2].rows[0]
    assert (probability.value, probability.said[0], probability.said[2]) == (
        "–",
        ("no such rule", True),
        ("0.25", False),
    )
    assert counts(traced) == [("override", 1), ("provider", 1), ("default", 13)]
    assert spoken("max_session_duration_sec", None) == "no limit"
    assert spoken("anchor", Absent.REMOVED) == "no such rule"


def test_the_api_tells_each_field_with_the_statement_of_every_level(levels, viewer):
    asked = {
        "provider": "global",
        "publisher": "attic",
        "rules": '{"start": {"probability": 0}}',
        "mode": "headless",
    }
    answer = viewer.get(API, asked).json()
    fields = {row.pop("field"): row for row in answer["fields"]}
    assert fields["mode"] == {
        "value": "headless",
        "level": "override",
        "said": {"override": "headless", "publisher": "real"},
        "default": "auto",
    }
    assert fields["interruption_rules.start.probability"]["said"] == {
        "override": 0,
        "publisher": 0.5,
        "provider": 0.05,
    }
    assert fields["interruption_rules.complete.reason"] == {
        "value": None,
        "level": "publisher",
        "said": {"publisher": {"removed": True}, "provider": "user_close"},
        "default": None,
    }
    assert answer["override"] == {"mode": "headless", "interruption_rules": {"start": {"probability": 0}}}


@pytest.mark.parametrize(
    ("asked", "field", "text"),
    [
        ({"provider": "tigger"}, "provider", "There is no provider named “tigger”."),
        ({"mode": "fast"}, "mode", "fast"),
        ({"headless_tick_interval_sec": "0"}, "headless_tick_interval_sec", "must be above 0"),
        (
            {"rules": "start: {probability: 2}"},
            "rules",
            "start.probability: 2.0 does not lie between 0 and 1",
        ),
        ({"rules": "start: {probabilty: 1}"}, "rules", "start.probabilty: unknown field; known: probability"),
        ({"rules": "start"}, "rules", "str is not a mapping"),
        ({"rules": "begin: null"}, "rules", "begin: no rule can be tied to this event"),
        ({"rules": "a: *b"}, "rules", "line 1"),
    ],
)
def test_what_cannot_be_used_is_named_at_its_field_on_the_page_and_in_the_api(
    levels, viewer, asked, field, text
):
    answer = viewer.get(API, asked)
    assert answer.status_code == 422
    (fault,) = answer.json()["fields"]
    assert fault["field"] == field
    assert text in fault["text"]
    assert text in "".join(viewer.get(PAGE, asked).context["form"].errors[field])


def test_a_stored_profile_that_does_not_resolve_is_named_as_such(viewer):
    make_provider("global")
    bad = {"rules": [{"event": "start", "probability": 7}]}
    Publisher.objects.create(name="attic", title="Attic", playback=bad)
    (fault,) = viewer.get(API, {"publisher": "attic", "mode": "real"}).json()["fields"]
    assert "A stored profile does not resolve: interruption_rules.start.probability: 7" in fault["text"]


def test_the_address_says_what_was_asked_and_nothing_more(levels, viewer):
    asked = viewer.get(PAGE, {"provider": "global", "publisher": "", "mode": ""})
    assert asked["Location"] == "/configuration/?provider=global"
    fragment = viewer.get(PAGE, {"provider": "global", "mode": ""}, headers={"hx-request": "true"})
    assert fragment["HX-Replace-Url"] == "/configuration/?provider=global"
    assert b"<html" not in fragment.content


def test_an_unknown_parameter_of_the_api_is_refused_by_its_name(viewer):
    assert viewer.get(API, {"providr": "global"}).json()["fields"][0]["field"] == "providr"
