"""Providers: their rules to read for everybody, to change for ad-ops, refused beside the field that is wrong."""

import pytest
from django.urls import reverse

from playback.engine import PROFILE_SETS, get_provider_rules
from playback.models import Provider
from playback.rows import provider_levels, shipped, to_partial
from tests.playback.level_forms import level_form, save, shown_fields
from tests.site.rows import make_provider, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def yandex() -> Provider:
    return make_provider("yandex")


def address(name: str = "yandex") -> str:
    return reverse("provider", args=[name])


def rule(event: str, probability: object = 0.5, lo: object = 0, hi: object = 5, **more: object) -> dict:
    return {"event": event, "probability": probability, "min_offset_sec": lo, "max_offset_sec": hi, **more}


def reset(client, profile_set: str, **more: str):
    """Presses the button of the page as it stands now."""
    data = {"version": client.get(address()).context["version"], "profile_set": profile_set, "note": "Enough"}
    return client.post(reverse("provider-reset", args=["yandex"]), data | more, follow=True)


def stored() -> dict:
    return Provider.objects.get(name="yandex").playback


def wrong_fields(answer) -> dict[str, str]:
    """Where the page complains, having made sure that it shows the complaint there and kept what was stored."""
    assert answer.status_code == 422
    assert stored() == shipped("yandex", "seed")
    profile, page = answer.context["profile"], answer.content.decode()
    found = {f"{name}": " ".join(texts) for name, texts in profile.settings.errors.items()}
    for form in profile.rules.forms:
        for name, texts in form.errors.items():
            found[f"{form.prefix}-{name}"] = " ".join(texts)
    for name in found:
        assert name == "__all__" or f'id="id_{name}_error"' in page
    assert "Not saved" in page
    return found


def test_the_list_tells_what_each_providers_rules_mean(viewer, yandex):
    make_provider("tiger")
    page = viewer.get(reverse("provider-list")).content.decode()
    assert "Yandex" in page
    assert "25 %" in page
    assert "75 %" in page
    assert "98 %" in page


def test_an_empty_list_says_how_to_fill_it(viewer):
    assert "load_demo" in viewer.get(reverse("provider-list")).content.decode()


def test_a_viewer_and_qa_read_the_rules_without_a_form(viewer, qa, yandex):
    for reader in (viewer, qa):
        page = reader.get(address()).content.decode()
        assert "0.25" in page
        assert "network_error" in page
        assert 'method="post"' not in page.partition('<main id="main"')[2]
    assert viewer.post(address(), level_form()).status_code == 403
    assert stored() == shipped("yandex", "seed")


def test_ad_ops_saves_rules_and_settings_and_the_page_says_by_whom(ad_ops, yandex):
    rules = [rule("midpoint", 0.1, 5, 15, anchor="ad_start", reason="user_skip"), rule("start", 0.2, 0, 3)]
    data = level_form(rules, max_session_duration_sec="60", enable_auto_quartiles="false", mode="headless")
    answer = save(ad_ops, address(), data, follow=True)
    assert answer.redirect_chain == [(address(), 302)]
    assert stored() == {
        "mode": "headless",
        "max_session_duration_sec": 60.0,
        "enable_auto_quartiles": False,
        "rules": [
            {
                "event": "midpoint",
                "probability": 0.1,
                "min_offset_sec": 5.0,
                "max_offset_sec": 15.0,
                "anchor": "ad_start",
                "reason": "user_skip",
            },
            {"event": "start", "probability": 0.2, "min_offset_sec": 0.0, "max_offset_sec": 3.0},
        ],
    }
    page = answer.content.decode()
    assert "Published as version 2." in page
    assert "by adops" in page


@pytest.mark.parametrize("profile_set", PROFILE_SETS)
def test_saving_the_page_as_it_stands_changes_nothing(ad_ops, yandex, profile_set):
    yandex.playback = {
        **shipped("yandex", profile_set),
        "log_tracking_urls": True,
        "headless_playback_speed": 0.0,
    }
    yandex.save()
    save(ad_ops, address(), shown_fields(ad_ops.get(address())))
    assert stored() == yandex.playback
    assert list(to_partial(stored())["interruption_rules"]) == list(get_provider_rules("yandex", profile_set))


def test_what_the_form_does_not_show_survives_a_save(ad_ops, yandex):
    yandex.playback = {**shipped("yandex", "seed"), "pause_pixels": "once"}
    yandex.save()
    save(ad_ops, address(), shown_fields(ad_ops.get(address())))
    assert stored() == yandex.playback


def test_of_two_edits_of_one_version_the_second_is_refused_and_kept_in_the_form(ad_ops, yandex):
    opened = shown_fields(ad_ops.get(address())) | {"version": ad_ops.get(address()).context["version"]}
    theirs = opened | {"mode": "headless", "rules-0-probability": "0.5", "note": "For the week"}
    yours = opened | {"rules-0-probability": "0.4", "pause_pixels": "once", "note": "Mine"}
    assert ad_ops.post(address(), theirs).status_code == 302
    answer = ad_ops.post(address(), yours)
    assert answer.status_code == 409
    clash, page = answer.context["clash"], answer.content.decode()
    assert [tuple(row) for row in clash["theirs"]] == [
        ("Rule start", "probability", "25 %", "50 %"),
        ("Mode", "", "not stated", "headless"),
    ]
    assert [tuple(row) for row in clash["yours"]] == [
        ("Rule start", "probability", "25 %", "40 %"),
        ("Pause and resume pixels", "", "not stated", "once"),
    ]
    assert "Both of you changed" in page
    assert "“For the week”" in page
    assert stored()["rules"][0]["probability"] == 0.5
    assert answer.context["profile"].settings["pause_pixels"].value() == "once"
    assert 'value="Mine"' in page
    merging = yours | {"version": answer.context["version"], "base": clash["read"], "merge": "1"}
    merged = shown_fields(ad_ops.post(address(), merging))
    assert (merged["mode"], merged["rules-0-probability"], merged["pause_pixels"]) == (
        "headless",
        0.4,
        "once",
    )
    assert stored()["rules"][0]["probability"] == 0.5
    again = merged | {"version": answer.context["version"], "note": "Both"}
    assert ad_ops.post(address(), again).status_code == 302
    assert stored()["mode"] == "headless"
    assert stored()["rules"][0]["probability"] == 0.4


def test_a_reset_meanwhile_is_another_edit(ad_ops, yandex):
    opened = level_form([rule("start")]) | {"version": ad_ops.get(address()).context["version"]}
    reset(ad_ops, "legacy")
    assert ad_ops.post(address(), opened).status_code == 409
    assert stored() == shipped("yandex", "legacy")


def test_an_edit_that_a_reset_has_not_seen_is_kept_and_shown(ad_ops, yandex):
    seen = ad_ops.get(address()).context["version"]
    save(ad_ops, address(), level_form([rule("start")]))
    answer = reset(ad_ops, "legacy", version=seen)
    assert answer.status_code == 409
    assert "somebody published another edit" in answer.content.decode()
    assert [row["event"] for row in stored()["rules"]] == ["start"]


def test_the_order_of_the_rules_is_the_order_of_the_page(ad_ops, yandex):
    order = ["complete", "start", "thirdQuartile", "midpoint"]
    save(ad_ops, address(), level_form([rule(event) for event in order]))
    assert [row["event"] for row in stored()["rules"]] == order
    assert list(provider_levels()["yandex"]["interruption_rules"]) == order


def test_a_rule_can_be_deleted_and_the_others_stay(ad_ops, yandex):
    yandex.playback = shipped("yandex", "legacy")
    yandex.save()
    data = shown_fields(ad_ops.get(address()))
    place = next(key for key, value in data.items() if value == "midpoint").rpartition("-")[0]
    save(ad_ops, address(), {**data, f"{place}-DELETE": "on"})
    left = [row["event"] for row in stored()["rules"]]
    assert left == ["start", "firstQuartile", "thirdQuartile", "complete"]


def test_a_rule_is_replaced_by_a_new_one_for_the_same_event_in_one_save(ad_ops, yandex):
    data = level_form([{**rule("start"), "DELETE": "on"}, rule("start", 0.9)], initial=1)
    save(ad_ops, address(), data)
    assert [row["probability"] for row in stored()["rules"]] == [0.9]


def test_a_probability_of_zero_is_a_number_somebody_wrote(ad_ops, yandex):
    save(ad_ops, address(), level_form([rule("start", "0", "0", "0")]))
    assert stored()["rules"] == [
        {"event": "start", "probability": 0.0, "min_offset_sec": 0.0, "max_offset_sec": 0.0}
    ]


def test_a_provider_without_rules_and_settings_is_stored_as_nothing(ad_ops, yandex):
    save(ad_ops, address(), level_form())
    assert stored() == {}
    assert "none" in ad_ops.get(reverse("provider-list")).content.decode()


@pytest.mark.parametrize(
    ("rules", "field", "said"),
    [
        ([rule("start", 2)], "rules-0-probability", "1"),
        ([rule("start", -0.1)], "rules-0-probability", "0"),
        ([rule("start", "often")], "rules-0-probability", "number"),
        ([rule("start", "nan")], "rules-0-probability", "number"),
        ([rule("start", 0.5, 9, 3)], "rules-0-min_offset_sec", "9"),
        ([rule("start"), rule("start", 0.1)], "rules-1-event", "already a rule for start"),
        ([rule("lunch")], "rules-0-event", "lunch"),
        ([rule("", 0.3)], "rules-0-event", "Choose the event"),
        ([rule("start", reason="boredom")], "rules-0-reason", "boredom"),
        ([rule("start", anchor="moon")], "rules-0-anchor", "moon"),
        ([rule("start"), rule("midpoint", 0.5, 4, 1)], "rules-1-min_offset_sec", "4"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_beside_its_field(ad_ops, yandex, rules, field, said):
    wrong = wrong_fields(save(ad_ops, address(), level_form(rules)))
    assert list(wrong) == [field]
    assert said in wrong[field]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_session_duration_sec": "-1"}, "0"),
        ({"max_session_duration_sec": "inf"}, "number"),
        ({"headless_tick_interval_sec": "0"}, "above 0"),
        ({"headless_playback_speed": "-2"}, "0"),
        ({"quartile_offset_tolerance_sec": "soon"}, "number"),
        ({"mode": "sideways"}, "sideways"),
        ({"emit_playback_events": "maybe"}, "maybe"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_beside_its_field(ad_ops, yandex, settings, said):
    wrong = wrong_fields(save(ad_ops, address(), level_form([rule("start")], **settings)))
    assert list(wrong) == list(settings)
    assert said in wrong[next(iter(settings))]


def test_what_was_typed_stays_on_the_page_after_a_refusal(ad_ops, yandex):
    page = save(ad_ops, address(), level_form([rule("start", 2)])).context["profile"]
    assert page.rules.forms[0]["probability"].value() == "2"


def test_a_form_without_its_bookkeeping_is_refused_and_not_a_fault_of_ours(ad_ops, yandex):
    answer = save(ad_ops, address(), {"mode": "real"})
    assert answer.status_code == 422
    assert stored() == shipped("yandex", "seed")


def test_a_form_that_claims_more_rules_than_there_can_be_is_refused_without_making_them(ad_ops, yandex):
    answer = save(ad_ops, address(), {**level_form(), "rules-TOTAL_FORMS": "1000000"})
    assert answer.status_code == 422
    assert len(answer.context["profile"].rules.forms) < 100
    assert stored() == shipped("yandex", "seed")


def test_an_empty_form_is_refused_and_not_taken_for_a_first_look(ad_ops, yandex):
    assert save(ad_ops, address(), {}).status_code == 422
    assert stored() == shipped("yandex", "seed")


@pytest.mark.parametrize("profile_set", PROFILE_SETS)
def test_a_reset_gives_the_shipped_numbers_of_that_set(ad_ops, yandex, profile_set):
    yandex.playback = {"mode": "real", "rules": [rule("complete", 1.0)]}
    yandex.save()
    answer = reset(ad_ops, profile_set)
    assert f"reset to the shipped set “{profile_set}”. It is version 2." in answer.content.decode()
    partial = to_partial(stored())
    assert list(partial) == ["interruption_rules"]
    rules = get_provider_rules("yandex", profile_set)
    assert partial["interruption_rules"] == {event: found.to_dict() for event, found in rules.items()}


@pytest.mark.parametrize("profile_set", ["", "factory"])
def test_a_reset_to_a_set_that_does_not_ship_changes_nothing_and_says_so(ad_ops, yandex, profile_set):
    yandex.playback = {"mode": "real"}
    yandex.save()
    answer = reset(ad_ops, profile_set)
    assert "There is no shipped profile set named" in answer.content.decode()
    assert stored() == {"mode": "real"}


def test_stored_rules_that_do_not_resolve_are_shown_as_such_and_can_be_corrected(ad_ops, yandex):
    yandex.playback = {"rules": [{"event": "start", "probability": 7}]}
    yandex.save()
    for page in (address(), reverse("provider-list")):
        assert "do not resolve" in ad_ops.get(page).content.decode()
    save(ad_ops, address(), level_form([rule("start", 0.7)], initial=1))
    assert stored()["rules"][0]["probability"] == 0.7


def test_a_change_touches_new_sessions_only(ad_ops, yandex):
    before = make_session(provider="yandex")
    save(ad_ops, address(), level_form([rule("midpoint", 1, 10, 10)]))
    after = make_session(provider="yandex")
    before.refresh_from_db()
    assert list(before.record["config"]["interruption_rules"]) == ["start"]
    assert list(after.record["config"]["interruption_rules"]) == ["midpoint"]


def test_a_provider_nobody_knows_is_not_found(ad_ops):
    assert ad_ops.get(address("nobody")).status_code == 404
    assert ad_ops.post(reverse("provider-reset", args=["nobody"])).status_code == 404
