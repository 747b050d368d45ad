"""Publishers: rows with overrides, made, edited and deleted on their pages."""

import pytest
from django.urls import reverse

from tests.pipeline.settings_forms import make_endpoint
from tests.playback.level_forms import level_form, save, shown_fields
from tests.site.rows import make_provider, make_session
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db

LIST, NEW = reverse("publisher-list"), reverse("publisher-new")
RULE = {"event": "start", "probability": "0.5"}


def address(name: str) -> str:
    return reverse("publisher", args=[name])


def make(name: str = "living-room", **playback: object) -> Publisher:
    return Publisher.objects.create(name=name, title=name.title(), playback=playback)


def test_a_publisher_is_made_with_a_part_of_a_rule_and_a_setting(ad_ops):
    data = level_form([RULE], name="attic", title="Attic TV", max_session_duration_sec="90")
    answer = ad_ops.post(NEW, data, follow=True)
    assert answer.redirect_chain == [(address("attic"), 302)]
    publisher = Publisher.objects.get()
    assert (publisher.name, publisher.title, publisher.updated_by.username) == ("attic", "Attic TV", "adops")
    assert publisher.playback == {
        "max_session_duration_sec": 90.0,
        "rules": [{"event": "start", "probability": 0.5}],
    }


def test_a_publisher_takes_a_rule_away(ad_ops):
    ad_ops.post(NEW, level_form([{"event": "start", "removed": "on"}], name="attic", title="Attic TV"))
    assert Publisher.objects.get().playback == {"rules": [{"event": "start", "removed": True}]}
    assert ad_ops.get(address("attic")).context["profile"].rules.forms[0].initial["removed"] is True


def test_saving_the_page_as_it_stands_changes_nothing(ad_ops):
    rules = [{"event": "midpoint", "removed": True}, {"event": "start", "probability": 0.02}]
    made = make(max_session_duration_sec=120.0, rules=rules)
    assert save(ad_ops, address(made.name), shown_fields(ad_ops.get(address(made.name)))).status_code == 302
    made.refresh_from_db()
    assert made.playback == {"max_session_duration_sec": 120.0, "rules": rules}


def test_a_publisher_is_edited_and_renamed(ad_ops):
    make("attic", mode="real")
    save(ad_ops, address("attic"), level_form(name="cellar", title="Cellar TV", mode="headless"))
    publisher = Publisher.objects.get()
    assert (publisher.name, publisher.title, publisher.playback) == (
        "cellar",
        "Cellar TV",
        {"mode": "headless"},
    )


def test_of_two_edits_of_one_version_the_second_is_refused_and_kept_in_the_form(ad_ops):
    make("attic", max_session_duration_sec=90.0, rules=[{"event": "start", "probability": 0.5}])
    opened = shown_fields(ad_ops.get(address("attic"))) | {
        "version": ad_ops.get(address("attic")).context["version"],
        "note": "A test",
    }
    first = opened | {"max_session_duration_sec": "60", "rules-0-probability": "0"}
    second = opened | {"title": "Cellar TV", "max_session_duration_sec": "90", "rules-0-probability": "0.50"}
    assert ad_ops.post(address("attic"), first).status_code == 302
    answer = ad_ops.post(address("attic"), second)
    assert answer.status_code == 409
    clash = answer.context["clash"]
    assert [tuple(row) for row in clash["theirs"]] == [
        ("Rule start", "probability", "50 %", "0 %"),
        ("Longest session, s", "", "90", "60"),
    ]
    assert clash["yours"] == []
    assert [tuple(row) for row in answer.context["names_clash"]] == [("Title", "Attic", "Cellar TV")]
    assert "somebody published another edit" in answer.content.decode()
    publisher = Publisher.objects.get()
    assert (publisher.title, publisher.playback["max_session_duration_sec"]) == ("Attic", 60.0)
    again = second | {"version": answer.context["version"]}
    assert ad_ops.post(address("attic"), again).status_code == 302
    publisher.refresh_from_db()
    assert (publisher.title, publisher.playback["rules"]) == (
        "Cellar TV",
        [{"event": "start", "probability": 0.5}],
    )


def test_an_edit_of_the_receiver_settings_meanwhile_is_no_conflict_and_is_kept(ad_ops):
    made = make("attic")
    opened = level_form(name="attic", title="Attic TV") | {
        "version": ad_ops.get(address("attic")).context["version"]
    }
    made.receiver_config = {"max_ads_in_pod": 4}
    made.save()
    assert ad_ops.post(address("attic"), opened).status_code == 302
    made.refresh_from_db()
    assert (made.title, made.receiver_config) == ("Attic TV", {"max_ads_in_pod": 4})


def test_an_edit_without_a_version_is_refused(ad_ops):
    made = make("attic")
    assert ad_ops.post(address("attic"), level_form(name="attic", title="Mine")).status_code == 409
    made.refresh_from_db()
    assert made.title == "Attic"


@pytest.mark.parametrize(
    ("fields", "wrong", "said"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "not a slug!"}, "name", "letters"),
        ({"name": "taken"}, "name", "already exists"),
        ({"name": "x" * 61}, "name", "60"),
        ({"name": "new"}, "name", "new"),
        ({"title": ""}, "title", "required"),
    ],
)
def test_a_name_or_title_that_cannot_be_is_refused_beside_its_field(ad_ops, fields, wrong, said):
    make("taken")
    answer = ad_ops.post(NEW, level_form(**{"name": "attic", "title": "Attic TV", **fields}))
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[wrong])
    assert f'id="id_{wrong}_error"' in answer.content.decode()
    assert [row.name for row in Publisher.objects.all()] == ["taken"]


def test_a_wrong_rule_is_refused_and_the_name_is_not_saved_alone(ad_ops):
    answer = ad_ops.post(NEW, level_form([{**RULE, "probability": "2"}], name="attic", title="Attic TV"))
    assert answer.status_code == 422
    assert "rules-0-probability_error" in answer.content.decode()
    assert not Publisher.objects.exists()


def test_a_setting_the_engine_refuses_is_shown_beside_its_field(ad_ops):
    answer = ad_ops.post(NEW, level_form(name="attic", title="Attic TV", headless_tick_interval_sec="0"))
    assert "above 0" in " ".join(answer.context["profile"].settings.errors["headless_tick_interval_sec"])
    assert not Publisher.objects.exists()


def test_a_window_that_one_provider_would_turn_round_is_refused_for_that_provider(ad_ops):
    make_provider("yandex")  # start: 0 to 5 s
    answer = ad_ops.post(
        NEW, level_form([{"event": "start", "min_offset_sec": "9"}], name="attic", title="Attic")
    )
    assert answer.status_code == 422
    assert "With yandex: " in answer.content.decode()
    assert not Publisher.objects.exists()


def test_a_provider_that_does_not_resolve_by_itself_blocks_no_publisher(ad_ops):
    broken = make_provider("yandex")
    broken.playback = {"rules": [{"event": "start", "probability": 7}]}
    broken.save()
    assert ad_ops.post(NEW, level_form([RULE], name="attic", title="Attic")).status_code == 302


def test_a_refused_rename_still_points_at_the_publisher_that_was_opened(ad_ops):
    make("attic")
    make("cellar")
    page = save(ad_ops, address("attic"), level_form(name="cellar", title="Mine now")).content.decode()
    assert reverse("publisher-delete", args=["attic"]) in page
    assert reverse("publisher-delete", args=["cellar"]) not in page


def test_readers_see_overrides_without_a_form(viewer):
    make(
        "attic",
        mode="headless",
        rules=[{"event": "start", "removed": True}, {"event": "midpoint", "probability": 0.5}],
    )
    page = viewer.get(address("attic")).content.decode()
    for text in ("headless", "no such rule here", "midpoint", "0.5"):
        assert text in page
    assert 'method="post"' not in page.partition('<main id="main"')[2]
    assert NEW not in viewer.get(LIST).content.decode()


def test_the_list_and_the_empty_list(ad_ops):
    assert NEW in ad_ops.get(LIST).content.decode()
    make("attic")
    assert address("attic") in ad_ops.get(LIST).content.decode()


def test_deleting_asks_first_and_keeps_past_sessions(ad_ops):
    make("attic", max_session_duration_sec=9.0)
    session = make_session(publisher="attic")
    gone = reverse("publisher-delete", args=["attic"])
    assert "Delete Attic?" in ad_ops.get(gone).content.decode()
    assert Publisher.objects.exists()
    answer = ad_ops.post(gone, follow=True)
    assert "Its past sessions are kept." in answer.content.decode()
    assert not Publisher.objects.exists()
    page = ad_ops.get(reverse("session", args=[session.public_id]))
    assert page.status_code == 200
    assert "attic" in page.content.decode()


def test_a_publisher_that_an_endpoint_follows_stays(ad_ops):
    endpoint = make_endpoint(publisher=make("attic"))
    gone = reverse("publisher-delete", args=["attic"])
    assert "1 endpoint follows its receiver settings" in ad_ops.get(gone).content.decode()
    answer = ad_ops.post(gone)
    assert answer.status_code == 409
    assert reverse("endpoint", args=[endpoint.public_id]) in answer.content.decode()
    assert Publisher.objects.exists()


def test_qa_may_not_delete(qa):
    make("attic")
    assert qa.post(reverse("publisher-delete", args=["attic"])).status_code == 403
    assert Publisher.objects.exists()


def test_a_publisher_nobody_knows_is_not_found(ad_ops):
    assert ad_ops.get(address("nobody")).status_code == 404
    assert ad_ops.post(reverse("publisher-delete", args=["nobody"])).status_code == 404


def test_who_may_only_read_reads_settings_in_words(viewer):
    make("attic", max_session_duration_sec=120.0, enable_auto_quartiles=False, mode="headless")
    page = viewer.get(reverse("publisher", args=["attic"])).content.decode()
    for said in (
        "Longest session, s</dt><dd>120</dd>",
        "Quartiles</dt><dd>off</dd>",
        "Mode</dt><dd>headless</dd>",
    ):
        assert said in page
    assert "max_session_duration_sec" not in page
