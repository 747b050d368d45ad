"""The editor of rules as it is filled in, and the versions that publishing leaves."""

import pytest
from django.urls import reverse

from playback.models import ProfileVersion, Provider
from playback.rows import shipped
from tests.playback.level_forms import level_form, save, shown_fields
from tests.site.rows import make_provider
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db

PAGE = reverse("provider", args=["global"])
DRAFT = reverse("provider-draft", args=["global"])
VERSIONS = reverse("provider-versions", args=["global"])


@pytest.fixture
def provider() -> Provider:
    return make_provider("global")


def stored() -> dict:
    return Provider.objects.get(name="global").playback


def published(client, probability: object, note: str = "Another") -> None:
    answer = save(
        client, PAGE, {**shown_fields(client.get(PAGE)), "rules-0-probability": probability, "note": note}
    )
    assert answer.status_code == 302


class TestDraft:
    def test_it_is_pictured_beside_what_is_published_and_saves_nothing(self, ad_ops, provider):
        form = shown_fields(ad_ops.get(PAGE)) | {"rules-1-probability": "0.5", "length": "15"}
        answer = ad_ops.post(DRAFT, form)
        page = answer.content.decode()
        assert "interrupted 52.5 % instead of 14.5 % of ads of 15 s" in page
        assert "never fires: its window begins at 20 s, after the end of an ad of 15 s" in page
        assert "Rule midpoint, probability" in page
        assert page.count('hx-swap-oob="innerHTML"') > 40
        assert "<input" not in page
        assert stored() == provider.playback

    def test_what_is_wrong_is_said_beside_its_field_and_left_out_of_the_picture(self, ad_ops, provider):
        form = shown_fields(ad_ops.get(PAGE)) | {"rules-1-probability": "3", "mode": "sideways"}
        page = ad_ops.post(DRAFT, form).content.decode()
        wrong = page.partition('id="id_rules-1-probability_error"')[2].partition("</div>")[0]
        assert "less than or equal to 1" in wrong
        assert "Not counted until corrected" in page
        assert 'id="id_mode_error" hx-swap-oob="innerHTML">Select a valid choice' in page

    def test_a_rule_moves_up_with_what_was_typed(self, ad_ops, provider):
        form = shown_fields(ad_ops.get(PAGE)) | {"rules-1-probability": "0.5", "arrange": "up:1"}
        answer = ad_ops.post(DRAFT, form)
        assert [rule["event"] for rule in answer.context["profile"].row["rules"]] == [
            "midpoint",
            "start",
            "complete",
        ]
        page = answer.content.decode()
        assert 'id="rules-table"' in page
        assert page.count(f'hx-post="{DRAFT}"') == 3 * 7

    def test_without_a_script_the_buttons_show_the_page_with_the_form_as_it_stands(self, ad_ops, provider):
        opened = ad_ops.get(PAGE)
        form = shown_fields(opened) | {"version": opened.context["version"], "rules-1-probability": "0.5"}
        answer = ad_ops.post(PAGE, form | {"stop": "6"})
        assert (answer.status_code, answer.context["length"]) == (200, 6)
        assert answer.context["profile"].rules.forms[1]["probability"].value() == "0.5"
        assert stored() == provider.playback

    @pytest.mark.parametrize(("asked", "shown"), [("1", 6), ("9999999", 30), ("", 30), ("²", 30), ("61", 60)])
    def test_no_length_is_too_absurd(self, viewer, provider, asked, shown):
        assert viewer.get(PAGE, {"length": asked}).context["length"] == shown

    def test_a_publisher_is_pictured_over_the_provider_of_ones_choice(self, ad_ops, provider):
        make_provider("yandex")
        made = Publisher.objects.create(
            name="attic", title="Attic", playback={"rules": [{"event": "start", "removed": True}]}
        )
        page, draft = (reverse(f"publisher{what}", args=[made.name]) for what in ("", "-draft"))
        assert ad_ops.get(page).context["under"] == provider
        form = shown_fields(ad_ops.get(page))
        answer = ad_ops.post(draft, form | {"under": "yandex"})
        assert answer.context["stages"][0].published == 0.0
        alone = ad_ops.post(draft, form | {"under": "", "rules-6-probability": "0.5"})
        assert alone.context["under"] is None
        assert ad_ops.post(reverse("publisher-draft", args=["new"]), level_form()).status_code == 200

    def test_readers_see_the_picture_of_any_length_and_no_form_to_change_it(self, viewer, provider):
        page = viewer.get(PAGE, {"length": "15"}).content.decode()
        assert "14.5 %" in page
        assert 'class="curve"' in page
        assert 'name="rules-0-probability"' not in page
        assert viewer.post(DRAFT, level_form()).status_code == 403


class TestVersions:
    def test_publishing_asks_why_and_keeps_what_was_typed(self, ad_ops, provider):
        form = shown_fields(ad_ops.get(PAGE)) | {"rules-0-probability": "0.5", "note": "  "}
        answer = save(ad_ops, PAGE, form)
        assert answer.status_code == 422
        assert "Say why" in answer.content.decode()
        assert answer.context["profile"].rules.forms[0]["probability"].value() == "0.5"
        assert stored() == provider.playback

    def test_the_list_says_who_when_why_and_what(self, ad_ops, viewer, provider):
        published(ad_ops, "0.5", "For the cup final")
        page = viewer.get(VERSIONS).content.decode()
        for said in ("For the cup final", "published by adops", "Rule start, probability: 5 % → 50 %"):
            assert said in page
        assert "Restore" not in page

    def test_any_two_versions_are_compared(self, ad_ops, viewer, provider):
        for share in ("0.5", "0.6"):
            published(ad_ops, share)
        answer = viewer.get(VERSIONS, {"from": "1", "to": "3"})
        assert [tuple(change) for change in answer.context["changes"]] == [
            ("Rule start", "probability", "5 %", "60 %")
        ]
        assert answer.context["names"] == ("Version 1", "Version 3")
        assert viewer.get(VERSIONS, {"from": "²", "to": "900", "before": "x"}).status_code == 200

    def test_a_version_is_restored_after_a_look_as_a_new_one(self, ad_ops, provider):
        published(ad_ops, "0.5")
        address = reverse("provider-restore", args=["global", 1])
        look = ad_ops.get(address)
        assert "50 %" in look.content.decode()
        answer = ad_ops.post(
            address, {"version": look.context["version"], "note": "It was better"}, follow=True
        )
        assert "It is version 3." in answer.content.decode()
        assert stored() == provider.playback
        newest = ProfileVersion.objects.get(number=3)
        assert (newest.origin, newest.note, newest.made_by.username) == ("restored", "It was better", "adops")

    def test_a_restore_that_has_not_seen_the_newest_edit_is_refused(self, ad_ops, provider):
        published(ad_ops, "0.5")
        address = reverse("provider-restore", args=["global", 1])
        seen = ad_ops.get(address).context["version"]
        published(ad_ops, "0.6")
        answer = ad_ops.post(address, {"version": seen, "note": "Back"})
        assert answer.status_code == 409
        assert "60 %" in answer.content.decode()
        assert stored()["rules"][0]["probability"] == 0.6

    def test_what_the_engine_does_not_take_is_not_restored(self, ad_ops, provider):
        wrong = {"rules": [{"event": "start", "probability": 7}]}
        ProfileVersion.objects.create(level="provider", name="global", number=1, playback=wrong)
        address = reverse("provider-restore", args=["global", 1])
        look = ad_ops.get(address)
        assert "cannot be published" in look.content.decode()
        answer = ad_ops.post(address, {"version": look.context["version"], "note": "Back"})
        assert answer.status_code == 422
        assert stored() == shipped("global", "seed")

    def test_a_reset_shows_first_what_it_changes(self, ad_ops, provider):
        page = ad_ops.get(
            reverse("provider-reset", args=["global"]), {"profile_set": "legacy"}
        ).content.decode()
        assert "Rule start, probability" in page
        assert "firstQuartile" in page
        assert stored() == provider.playback

    def test_a_renamed_publisher_keeps_its_versions(self, ad_ops):
        made = Publisher.objects.create(name="attic", title="Attic")
        rule = [{"event": "start", "probability": "0.5"}]
        save(ad_ops, reverse("publisher", args=[made.name]), level_form(rule, name="cellar", title="Cellar"))
        page = ad_ops.get(reverse("publisher-versions", args=["cellar"])).content.decode()
        assert "Rule start: no rule → 50 %" in page
        assert not ProfileVersion.objects.filter(name="attic").exists()

    def test_a_new_publisher_begins_with_version_1(self, ad_ops):
        ad_ops.post(reverse("publisher-new"), level_form(name="attic", title="Attic", mode="real"))
        version = ProfileVersion.objects.get()
        assert (version.name, version.number, version.origin, version.playback) == (
            "attic",
            1,
            "first",
            {"mode": "real"},
        )
        assert version.made_by.username == "adops"

    def test_where_nothing_was_changed_yet_the_page_says_so(self, viewer, provider):
        assert "Nothing has been changed yet" in viewer.get(VERSIONS).content.decode()
