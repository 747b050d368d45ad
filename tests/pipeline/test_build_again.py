"""A build made again from the same response: by whom, under which layers of settings, and told by what differs."""

import json

import pytest
from django.urls import reverse

from pipeline.build_page.comparison import comparison
from pipeline.builds import build_again
from pipeline.models import Build, ReceiverProfile
from tests.pipeline.responses import bid, body, inline, sample
from tests.site.rows import make_build
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db

PRICED = inline().replace("<AdServingId>", '<Pricing model="CPM" currency="GBP">3.00</Pricing><AdServingId>')


def again(client, build: Build, **fields: str):
    return client.post(reverse("build-again", args=[build.public_id]), fields)


def made(answer) -> Build:
    assert answer.status_code == 302, answer.context and answer.context["form"].errors
    build = Build.objects.latest("id")
    assert answer["Location"] == reverse("build", args=[build.public_id])
    return build


def layers(build: Build) -> dict[str, str]:
    return {row["key"]: row["layer"] for row in build.result["effective"]}


def values(build: Build) -> dict[str, str]:
    return {row["key"]: row["value"] for row in build.result["effective"]}


def compared(before: Build, after: Build):
    return comparison(before.result, after.result, same_bytes=before.vast == after.vast)


def test_the_same_response_is_built_for_another_receiver_and_knows_where_it_came_from(qa):
    asked = json.dumps({"id": "r", "imp": [{"id": "1", "video": {}}]})
    qa.post(reverse("build-new"), {"response": body().decode(), "request": asked})
    first = Build.objects.get()
    second = made(again(qa, first, receiver="FREEWHEEL"))
    assert (second.receiver, second.made_from, second.title) == ("FREEWHEEL", first, first.title)
    assert (second.response, second.request) == (first.response, first.request)
    assert second.created_by.username == "qa"


def test_the_new_page_tells_first_what_differs(qa):
    first = make_build(sample("pod-three-seats"))
    second = made(again(qa, first, receiver="FREEWHEEL", selection_strategy="TOP_N"))
    page = qa.get(reverse("build", args=[second.public_id])).content.decode()
    assert reverse("build", args=[first.public_id]) in page
    assert page.index("Compared with") < page.index("What was decided") < page.index('id="bids"')
    assert "another document" in page
    assert "FREEWHEEL: The first domain in an Extension." in page


def test_the_rows_in_which_two_receivers_differ_are_named():
    before = make_build(body(bid(adomain=["a.example"], cat=["IAB1"])), receiver="GENERIC")
    after = make_build(body(bid(adomain=["a.example"], cat=["IAB1"])), receiver="FREEWHEEL")
    rows = {row.row: row for row in compared(before, after).rows}
    assert {"price", "advertiser", "category"} <= set(rows)
    [change] = rows["advertiser"].changes
    assert (change.was, change.now) == (
        "added at InLine/Advertiser",
        "added at InLine/Extensions/Extension[@type='advertiser']",
    )
    assert change.what == "advertiser, ad 1"
    assert rows["advertiser"].now == "The first domain in an Extension."


@pytest.mark.parametrize("receiver", ["GENERIC", "FREEWHEEL"])
def test_a_price_whose_element_in_an_extension_has_another_name_is_told(receiver):
    old = body(bid(adm=inline().replace('version="4.2"', 'version="2.0"')))
    before, after = make_build(old, receiver="GAM_SSU"), make_build(old, receiver=receiver)
    assert "price" in {row.row for row in compared(before, after).rows}


def test_the_same_change_in_several_ads_is_told_once():
    pod = body(
        bid("a", adomain=["a.example"], adm=inline("a")), bid("b", adomain=["b.example"], adm=inline("b"))
    )
    before, after = make_build(pod), make_build(pod, receiver="FREEWHEEL")
    rows = {row.row: row for row in compared(before, after).rows}
    assert [change.what for change in rows["advertiser"].changes] == ["advertiser, ads 1, 2"]


def test_bids_of_another_fate_and_settings_are_told():
    pod = body(bid("a", price=2, adm=inline("a")), bid("b", price=1, adm=inline("b")))
    before, after = make_build(pod), make_build(pod, selection_strategy="SINGLE")
    found = compared(before, after)
    assert [(change.what, change.was, change.now) for change in found.fates] == [
        ("b", "ad 2", "rejected: NOT_HIGHEST_RANKED")
    ]
    assert ("Selection", "TOP_N", "SINGLE") in found.settings


def test_a_rebuild_that_changes_nothing_says_that_the_bytes_are_equal(qa):
    first = made(again(qa, make_build(), receiver="GENERIC"))
    second = made(again(qa, first, receiver="GENERIC"))
    assert compared(first, second).is_empty
    page = qa.get(reverse("build", args=[second.public_id])).content.decode()
    assert "the same document to the byte" in page


def test_a_receiver_profile_lies_under_what_is_chosen_and_over_the_publisher(qa, settings):
    settings.RECEIVER_CONFIG = {"max_ads_in_pod": 5, "enable_debug": True, "deals_first": True}
    Publisher.objects.create(
        name="attic", title="Attic", receiver_config={"collision_policy": "MERGE", "enable_debug": False}
    )
    profile = {"receiver": "GAM_SSU", "collision_policy": "OPENRTB_WINS", "selection_strategy": "SINGLE"}
    ReceiverProfile.objects.create(name="tv", title="TV", config=profile)
    build = made(
        again(
            qa,
            make_build(body(bid(adm=PRICED))),
            receiver="profile:tv",
            publisher="attic",
            pricing_placement="SKIP",
        )
    )
    assert (build.receiver_profile, build.publisher, build.receiver) == ("tv", "attic", "GAM_SSU")
    assert build.config == {"placement_rules": {"pricing_placement": "SKIP"}}
    told = layers(build)
    assert told["receiver"] == told["collision_policy"] == told["selection_strategy"] == "profile"
    assert told["enable_debug"] == "account"
    assert told["max_ads_in_pod"] == told["deals_first"] == "host"
    assert told["pricing_placement"] == "build"
    assert told["advertiser_placement"] == "receiver"
    assert told["lenient_markup"] == "default"
    assert values(build)["collision_policy"] == "OPENRTB_WINS"
    page = qa.get(reverse("build", args=[build.public_id])).content.decode()
    for words in ("receiver profile tv", "publisher attic", "the installation", "chosen for this build"):
        assert words in page


def test_a_setting_of_a_build_that_cannot_be_used_leaves_what_its_profile_says():
    Publisher.objects.create(name="attic", title="Attic", receiver_config={"default_currency": "CHF"})
    config = {
        "default_currency": "EUR",
        "max_ads_in_pod": 3,
        "deals_first": True,
        "placement_rules": {"debug_placement": "OMIT"},
    }
    ReceiverProfile.objects.create(name="tv", title="TV", config=config)
    own = {"default_currency": " ", "max_ads_in_pod": -1, "deals_first": False, "placement_rules": []}
    build = build_again(make_build(), user=None, config=own, receiver_profile="tv", publisher="attic")
    assert [values(build)[key] for key in ("default_currency", "max_ads_in_pod", "debug_placement")] == [
        "EUR",
        "3",
        "OMIT",
    ]
    told = layers(build)
    assert told["default_currency"] == told["max_ads_in_pod"] == told["debug_placement"] == "profile"
    assert any("max_ads_in_pod is -1" in notice["text"] for notice in build.result["warnings"])
    [chosen] = [row for row in build.result["effective"] if row["layer"] == "build"]
    assert (chosen["key"], chosen["value"]) == ("deals_first", "off")
    assert chosen["below"][0] == {"layer": "profile", "value": "on"}


def test_the_form_starts_from_what_was_chosen_before(qa):
    ReceiverProfile.objects.create(name="tv", title="TV", config={"receiver": "GAM_SSU"})
    build = made(again(qa, make_build(), receiver="profile:tv", enable_debug="true"))
    form = qa.get(reverse("build-again", args=[build.public_id])).context["form"]
    assert form["receiver"].value() == "profile:tv"
    assert form["enable_debug"].value() == "true"
    assert form.others_told


def test_a_pod_is_taken_where_no_layer_says_how_many_ads(qa):
    pod = body(bid("a", adm=inline("a")), bid("b", adm=inline("b")))
    assert made(again(qa, make_build(pod))).selected_count == 2
    Publisher.objects.create(name="attic", title="Attic", receiver_config={"selection_strategy": "SINGLE"})
    assert made(again(qa, make_build(pod), publisher="attic")).selected_count == 1


def test_a_pod_that_no_layer_asked_for_is_not_said_to_come_from_the_profile(qa):
    ReceiverProfile.objects.create(name="tv", title="TV", config={"receiver": "GAM_SSU"})
    build = made(again(qa, make_build(), receiver="profile:tv"))
    assert layers(build)["selection_strategy"] == "otherwise"
    page = qa.get(reverse("build", args=[build.public_id])).content.decode()
    assert "as builds do" in page
    assert page.count("receiver profile tv") == 1


def test_a_build_that_cannot_be_made_is_refused_with_the_fates_and_nothing_is_kept(qa):
    build = make_build(body(bid(adm=PRICED)))
    answer = again(qa, build, collision_policy="ERROR")
    assert answer.status_code == 422
    assert Build.objects.count() == 1
    page = answer.content.decode()
    assert "The only bid cannot be used" in page
    assert "FIELD_COLLISION" in page


@pytest.mark.parametrize(
    ("field", "value"), [("receiver", "profile:gone"), ("publisher", "gone"), ("max_ads_in_pod", "some")]
)
def test_an_unknown_value_is_refused_at_its_field(qa, field, value):
    answer = again(qa, make_build(), **{field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert f'id="again_{field}_error"' in answer.content.decode()
    assert Build.objects.count() == 1


def test_a_remark_on_the_settings_is_shown(qa):
    build = made(again(qa, make_build(), max_ads_in_pod="500"))
    page = qa.get(reverse("build", args=[build.public_id])).content.decode()
    assert "max_ads_in_pod: no pod holds more than 100 ads; 100 is used" in page
    assert values(build)["max_ads_in_pod"] == "100"


def test_what_is_wrong_with_a_layer_is_shown_with_the_settings(qa, settings):
    settings.RECEIVER_CONFIG = {"colour": "red"}
    page = qa.get(reverse("build", args=[made(again(qa, make_build())).public_id])).content.decode()
    assert "CONFIG_KEY_UNKNOWN" in page
    assert "host: colour is no setting" in page


def test_a_viewer_finds_no_way_to_build_again(viewer):
    build = make_build()
    page = viewer.get(reverse("build", args=[build.public_id])).content.decode()
    assert reverse("build-again", args=[build.public_id]) not in page
    assert again(viewer, build, receiver="GAM_SSU").status_code == 403
    assert Build.objects.count() == 1


def test_when_the_earlier_build_is_gone_the_later_one_stays(qa):
    first = make_build()
    second = made(again(qa, first, receiver="GAM_SSU"))
    first.delete()
    second.refresh_from_db()
    assert second.made_from is None
    assert "Compared with" not in qa.get(reverse("build", args=[second.public_id])).content.decode()


def test_a_build_kept_before_settings_were_told_is_still_shown_and_compared(qa):
    first = make_build()
    del first.result["effective"]
    first.save()
    assert qa.get(reverse("build", args=[first.public_id])).status_code == 200
    second = made(again(qa, first, receiver="GAM_SSU"))
    assert compared(first, second).settings == ()
    assert qa.get(reverse("build", args=[second.public_id])).status_code == 200


def test_a_profile_or_publisher_that_is_gone_is_seen_and_refused_rather_than_left_out(qa):
    profile = ReceiverProfile.objects.create(name="pods", title="Pods", config={"receiver": "GAM_SSU"})
    publisher = Publisher.objects.create(name="screen", title="Screen")
    chosen = {"receiver": "profile:pods", "publisher": "screen"}
    qa.post(reverse("build-new"), {"response": body().decode(), **chosen})
    build = Build.objects.get()
    ReceiverProfile.objects.filter(pk=profile.pk).update(name="renamed")
    publisher.delete()

    form = qa.get(reverse("build", args=[build.public_id])).context["again"]
    for name, value in chosen.items():
        [(_, shown)] = [choice for choice in form.fields[name].widget.choices if choice[0] == value]
        assert "any more" in shown
        assert f'<option value="{value}" selected>' in str(form[name])

    answer = again(qa, build, **chosen)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(chosen)
    assert Build.objects.count() == 1
