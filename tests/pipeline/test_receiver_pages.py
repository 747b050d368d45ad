"""Receiver profiles and the layer of a publisher: made, edited, tried before they are saved, and deleted."""

import json

import pytest
from django.urls import reverse

from pipeline.configuration.stated import flat
from pipeline.engine import ReceiverConfig
from pipeline.forms.receiver import GROUPS, ReceiverFields
from pipeline.models import ReceiverProfile
from tests.pipeline.responses import bid, body
from tests.pipeline.settings_forms import (
    make_endpoint,
    make_profile,
    make_publisher,
    settings_form,
    shown_fields,
)
from tests.site.rows import make_build

pytestmark = pytest.mark.django_db

LIST, NEW, DRAFT = reverse("receiver-list"), reverse("receiver-new"), reverse("receiver-draft")


def address(name: str = "living-room-gam") -> str:
    return reverse("receiver", args=[name])


def edited(client, name: str = "living-room-gam", **changes: str) -> dict[str, str]:
    return shown_fields(client.get(address(name)), "form", "settings") | changes


class TestForm:
    def test_every_key_of_the_engine_has_a_field_in_exactly_one_group(self):
        keys = set(flat(ReceiverConfig().to_dict())) | set(ReceiverFields.base_fields)
        engine = set(ReceiverConfig.from_dict({})[0].to_dict()) - {"placement_rules"}
        assert keys - engine == {
            "pricing_placement",
            "advertiser_placement",
            "categories_placement",
            "debug_placement",
        }
        grouped = [name for names in GROUPS.values() for name in names]
        assert sorted(grouped) == sorted(ReceiverFields.base_fields)

    def test_a_blank_form_states_nothing(self):
        form = ReceiverFields(settings_form())
        assert form.is_valid()
        assert form.config() == {}

    def test_false_and_zero_are_stated(self):
        form = ReceiverFields(settings_form(max_ads_in_pod="0", wrap_nurl="false"))
        assert form.is_valid()
        assert form.config() == {"max_ads_in_pod": 0, "wrap_nurl": False}

    def test_aliases_are_taken_and_kept_in_the_engine_s_spelling(self):
        said = {
            "collision_policy": "warn",
            "selection_strategy": "max_revenue",
            "pricing_placement": "vast_pricing",
        }
        form = ReceiverFields(settings_form(**said, default_currency=" eur ", vast_version_default="4"))
        assert form.is_valid(), form.errors
        assert form.config() == {
            "selection_strategy": "TOP_N",
            "collision_policy": "OPENRTB_WINS",
            "default_currency": "EUR",
            "vast_version_default": "4.0",
            "placement_rules": {"pricing_placement": "INLINE"},
        }

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("receiver", "ROKU", "Must be one of GENERIC"),
            ("selection_strategy", "BEST", "Must be one of SINGLE"),
            ("max_ads_in_pod", "-1", "0 (no limit) or more"),
            ("max_ads_in_pod", "many", "whole number"),
            ("default_currency", "EURO", "three letters"),
            ("vast_version_default", "5.0", "Must be one of"),
            ("collision_policy", "COIN", "Must be one of"),
            ("debug_placement", "MOON", "Must be one of"),
            ("deals_first", "maybe", "true or false"),
            ("no_ad_error_url", "javascript:alert(1)", "http or https"),
            ("no_ad_error_url", "http://a/" + "x" * 3000, "2048"),
            ("default_currency", "EU\x00", "Null characters"),
        ],
    )
    def test_what_the_engine_cannot_use_is_refused_at_its_field(self, field, value, said):
        form = ReceiverFields(settings_form(**{field: value}))
        assert not form.is_valid()
        assert list(form.errors) == [field]
        assert said in form.errors[field][0]

    def test_what_is_stored_and_what_is_shown_are_the_same(self):
        stored = {"enable_debug": False, "max_ads_in_pod": 3, "placement_rules": {"debug_placement": "SKIP"}}
        form = ReceiverFields(settings_form(**ReceiverFields.initial_of(stored)))
        assert form.is_valid()
        assert form.config() == stored

    def test_a_stored_value_that_the_list_does_not_offer_survives_saving(self, ad_ops):
        make_profile(collision_policy="ENRICH_WINS")
        ad_ops.post(address(), edited(ad_ops))
        assert ReceiverProfile.objects.get().config == {"collision_policy": "ENRICH_WINS"}


class TestProfiles:
    def test_a_profile_is_made_and_shown(self, ad_ops):
        data = settings_form(receiver="GAM_SSU", max_ads_in_pod="4", deals_first="false", version="")
        answer = ad_ops.post(NEW, {**data, "name": "gam", "title": "GAM live"}, follow=True)
        assert answer.redirect_chain == [(address("gam"), 302)]
        profile = ReceiverProfile.objects.get()
        assert profile.config == {"receiver": "GAM_SSU", "max_ads_in_pod": 4, "deals_first": False}
        assert profile.updated_by.username == "adops"
        assert "No endpoint follows these settings yet." in answer.content.decode()

    def test_saving_the_page_as_it_stands_changes_nothing(self, ad_ops):
        config = {
            "receiver": "GAM_SSU",
            "enable_debug": True,
            "placement_rules": {"pricing_placement": "SKIP"},
        }
        make_profile(**config)
        assert ad_ops.post(address(), edited(ad_ops)).status_code == 302
        assert ReceiverProfile.objects.get().config == config

    @pytest.mark.parametrize(
        ("fields", "wrong", "said"),
        [
            ({"name": ""}, "name", "required"),
            ({"name": "no slug!"}, "name", "letters"),
            ({"name": "taken"}, "name", "already exists"),
            ({"name": "new"}, "name", "choose another"),
            ({"name": "draft"}, "name", "choose another"),
            ({"name": "x" * 61}, "name", "60"),
            ({"title": "t" * 121}, "title", "120"),
            ({"title": "a\x00b"}, "title", "Null"),
        ],
    )
    def test_a_name_or_title_that_cannot_be_is_refused_and_nothing_is_saved(
        self, ad_ops, fields, wrong, said
    ):
        make_profile("taken")
        answer = ad_ops.post(NEW, {**settings_form(), "name": "gam", "title": "GAM", **fields})
        assert answer.status_code == 422
        assert said in " ".join(answer.context["form"].errors[wrong])
        assert f'id="id_{wrong}_error"' in answer.content.decode()
        assert ReceiverProfile.objects.count() == 1

    def test_markup_in_a_title_is_text(self, ad_ops):
        ad_ops.post(NEW, {**settings_form(), "name": "gam", "title": "<script>alert(1)</script>"})
        for page in (LIST, address("gam"), reverse("receiver-delete", args=["gam"])):
            html = ad_ops.get(page).content.decode()
            assert "<script>alert" not in html
            assert "&lt;script&gt;alert" in html

    def test_the_list_tells_what_a_profile_sets_and_who_follows_it(self, viewer):
        make_endpoint(make_profile(receiver="GAM_SSU", max_ads_in_pod=4), is_open=False)
        page = viewer.get(LIST).content.decode()
        for text in ("Living Room Gam", "GAM_SSU", "Most ads in the pod: 4", "(0 open)"):
            assert text in page
        assert NEW not in page

    def test_who_may_only_read_sees_the_settings_without_a_form(self, viewer):
        make_endpoint(make_profile(max_ads_in_pod=4))
        page = viewer.get(address()).content.decode().partition('<main id="main"')[2]
        assert "Living room pre-roll" in page
        assert "<span data-value>4</span>" in page
        assert "<form" not in page

    def test_a_profile_that_is_followed_is_not_deleted(self, ad_ops):
        make_endpoint()
        gone = reverse("receiver-delete", args=["living-room-gam"])
        assert "1 endpoint follows it" in ad_ops.get(gone).content.decode()
        assert ad_ops.post(gone).status_code == 409
        assert ReceiverProfile.objects.exists()

    def test_deleting_asks_first(self, ad_ops):
        make_profile()
        gone = reverse("receiver-delete", args=["living-room-gam"])
        assert ad_ops.get(gone).status_code == 200
        assert ReceiverProfile.objects.exists()
        assert ad_ops.post(gone).status_code == 302
        assert not ReceiverProfile.objects.exists()

    def test_of_two_edits_of_one_version_the_second_is_refused_and_kept_in_the_form(self, ad_ops):
        make_profile(max_ads_in_pod=4)
        first, second = (
            edited(ad_ops, max_ads_in_pod="6"),
            edited(ad_ops, max_ads_in_pod="8", deals_first="true"),
        )
        assert ad_ops.post(address(), first).status_code == 302
        answer = ad_ops.post(address(), second)
        assert answer.status_code == 409
        assert ReceiverProfile.objects.get().config == {"max_ads_in_pod": 6}
        told = {row.label: (row.theirs, row.yours) for row in answer.context["clash"]}
        assert told["Most ads in the pod"] == ("6", "8")
        assert told["Deals first"][1] == "on"
        assert answer.context["settings"]["max_ads_in_pod"].value() == "8"
        again = second | {"version": answer.context["version"]}
        assert ad_ops.post(address(), again).status_code == 302
        assert ReceiverProfile.objects.get().config == {"max_ads_in_pod": 8, "deals_first": True}

    def test_an_edit_without_a_version_is_refused(self, ad_ops):
        make_profile(max_ads_in_pod=4)
        data = edited(ad_ops, max_ads_in_pod="9")
        del data["version"]
        assert ad_ops.post(address(), data).status_code == 409
        assert ReceiverProfile.objects.get().config == {"max_ads_in_pod": 4}


class TestDraft:
    def draft(self, client, **said: str):
        return client.post(DRAFT, settings_form(**said))

    def rows(self, answer) -> dict:
        return {row.key: row for row in answer.context["draft"].effective.rows}

    def test_each_value_names_its_layer_and_what_lies_below(self, ad_ops, settings):
        settings.RECEIVER_CONFIG = {"max_ads_in_pod": 6, "default_currency": "GBP"}
        make_publisher("attic", max_ads_in_pod=5)
        answer = self.draft(ad_ops, max_ads_in_pod="4", **{"lens-publisher": "attic"})
        rows = self.rows(answer)
        assert (rows["max_ads_in_pod"].value, rows["max_ads_in_pod"].layer) == ("4", "profile")
        assert rows["max_ads_in_pod"].below == (("account", "5"), ("host", "6"), ("default", "10"))
        assert (rows["default_currency"].value, rows["default_currency"].layer) == ("GBP", "host")
        assert (rows["wrap_nurl"].value, rows["wrap_nurl"].layer) == ("on", "default")
        assert rows["categories_placement"].value == "EXTENSIONS, INLINE from VAST 4.0"
        assert rows["categories_placement"].layer == "receiver"

    def test_what_would_change_is_marked_and_nothing_is_saved(self, ad_ops):
        make_profile(max_ads_in_pod=4)
        answer = self.draft(ad_ops, max_ads_in_pod="9", of="living-room-gam", layer="profile")
        assert [row.key for row in answer.context["draft"].effective.changed] == ["max_ads_in_pod"]
        assert "was 4" in answer.content.decode()
        assert ReceiverProfile.objects.get().config == {"max_ads_in_pod": 4}

    def test_a_value_that_cannot_be_used_is_told_and_counts_as_not_set(self, ad_ops):
        answer = self.draft(ad_ops, max_ads_in_pod="many")
        assert "cannot be used" in answer.content.decode()
        assert self.rows(answer)["max_ads_in_pod"].layer == "default"

    def test_the_newest_build_is_tried_and_the_same_bytes_are_said_to_be_the_same(self, ad_ops):
        make_build()
        answer = self.draft(ad_ops)
        assert answer.context["draft"].trial.identical
        assert "byte for byte" in answer.content.decode()

    def test_a_draft_tells_which_bids_would_end_otherwise_and_what_would_be_written(self, ad_ops):
        make_build(body(bid("dear", price=9, adomain=["a.example"]), bid("cheap", price=2)))
        pod = self.draft(ad_ops, selection_strategy="TOP_N").context["draft"].trial
        assert not pod.identical
        assert [(row.bid_id, row.after) for row in pod.fates] == [
            ("dear", "selected, place 1"),
            ("cheap", "selected, place 2"),
        ]
        bare = self.draft(ad_ops, pricing_placement="SKIP").context["draft"].trial
        assert not bare.fates
        assert {(row.gained, row.edit.field) for row in bare.rewrites} == {(False, "pricing")}

    def test_the_same_thing_written_by_another_rule_is_not_written_otherwise(self, ad_ops):
        make_build()
        answer = self.draft(ad_ops, pricing_placement="INLINE")
        assert answer.context["draft"].trial.identical
        assert answer.context["draft"].trial.rewrites == ()

    def test_another_build_can_be_chosen(self, ad_ops):
        chosen = make_build()
        make_build(body(bid(price=3)))
        answer = self.draft(ad_ops, **{"lens-build": chosen.public_id})
        assert answer.context["draft"].build == chosen

    def test_a_draft_of_nothing_known_is_not_found(self, ad_ops):
        assert self.draft(ad_ops, of="nobody").status_code == 404
        assert self.draft(ad_ops, of="nobody", layer="account").status_code == 404


class TestAccountLayer:
    def page(self) -> str:
        return reverse("publisher-receiver", args=["attic"])

    def test_the_layer_is_saved_and_leaves_the_playback_alone(self, ad_ops):
        publisher = make_publisher("attic")
        publisher.playback = {"mode": "real"}
        publisher.save()
        data = shown_fields(ad_ops.get(self.page()), "settings") | {"default_currency": "CHF"}
        assert ad_ops.post(self.page(), data).status_code == 302
        publisher.refresh_from_db()
        assert publisher.receiver_config == {"default_currency": "CHF"}
        assert publisher.playback == {"mode": "real"}
        assert self.page() in ad_ops.get(reverse("publisher", args=["attic"])).content.decode()

    def test_the_second_of_two_edits_is_refused(self, ad_ops):
        make_publisher("attic")
        first = shown_fields(ad_ops.get(self.page()), "settings")
        assert ad_ops.post(self.page(), first | {"default_currency": "CHF"}).status_code == 302
        answer = ad_ops.post(self.page(), first | {"default_currency": "EUR"})
        assert answer.status_code == 409
        assert [row.theirs for row in answer.context["clash"]] == ["CHF"]

    def test_a_change_of_the_publisher_s_playback_is_no_conflict(self, ad_ops):
        publisher = make_publisher("attic")
        data = shown_fields(ad_ops.get(self.page()), "settings")
        publisher.playback = {"mode": "real"}
        publisher.save()
        assert ad_ops.post(self.page(), data | {"default_currency": "CHF"}).status_code == 302

    def test_a_refused_value_is_shown_at_its_field(self, ad_ops):
        make_publisher("attic", default_currency="CHF")
        data = shown_fields(ad_ops.get(self.page()), "settings") | {"default_currency": "Francs"}
        answer = ad_ops.post(self.page(), data)
        assert answer.status_code == 422
        assert 'id="id_default_currency_error"' in answer.content.decode()

    def test_who_may_only_read_sees_it(self, viewer):
        make_publisher("attic", default_currency="CHF")
        assert "<span data-value>CHF</span>" in viewer.get(self.page()).content.decode()


def test_the_host_layer_is_shown_with_what_is_wrong_in_it(viewer, settings):
    settings.RECEIVER_CONFIG = {"default_currency": "GBP", "max_adz": 3}
    page = viewer.get(LIST).content.decode()
    for text in ("VASTDASH_RECEIVER_CONFIG", "GBP", "max_adz is no setting"):
        assert text in page


def test_a_stored_layer_that_is_no_longer_usable_breaks_no_page(ad_ops):
    make_profile(receiver="GONE", placement_rules=json.loads('["odd"]'))
    for page in (LIST, address()):
        assert ad_ops.get(page).status_code == 200
