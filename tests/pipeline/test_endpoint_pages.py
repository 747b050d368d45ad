"""Endpoints in the dashboard: made, edited, watched, rotated, closed and deleted by ad-ops."""

import gzip
import re
from datetime import datetime
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from pipeline.builds import decisions
from pipeline.engine import build_vast_from_bid_response
from pipeline.models import Endpoint, EndpointRequest, EndpointTraffic, Outcome, Source, Upload
from tests.pipeline.responses import bid, body, inline
from tests.pipeline.settings_forms import (
    make_endpoint,
    make_profile,
    make_publisher,
    make_request,
    shown_fields,
)
from tests.site.rows import make_build

pytestmark = pytest.mark.django_db

LIST, NEW = reverse("endpoint-list"), reverse("endpoint-new")
AUCTION = "https://pbs.example.com/openrtb2/auction"


def at(endpoint: Endpoint, name: str = "endpoint") -> str:
    return reverse(name, args=[endpoint.public_id])


def filled_in(**changes) -> dict:
    """A new endpoint as the browser sends it; a profile named ``gam`` must exist."""
    return {
        "title": "Pre-roll",
        "receiver": "gam",
        "publisher": "",
        "source": "canned",
        "tmax_ms": "800",
        "is_open": "on",
        **changes,
    }


def edited(client, endpoint: Endpoint, **changes) -> dict:
    return shown_fields(client.get(at(endpoint, "endpoint-edit")), "form") | changes


class TestMaking:
    def test_from_the_response_of_a_build(self, ad_ops):
        make_profile("gam")
        make_publisher("attic")
        build = make_build()
        page = ad_ops.get(f"{NEW}?build={build.public_id}")
        assert f'<option value="{build.public_id}" selected>' in page.content.decode()
        answer = ad_ops.post(NEW, filled_in(build=build.public_id, publisher="attic"), follow=True)
        endpoint = Endpoint.objects.get()
        assert answer.redirect_chain == [(at(endpoint), 302)]
        assert endpoint.canned == build.response
        assert (endpoint.receiver.name, endpoint.publisher.name, endpoint.tmax_ms) == ("gam", "attic", 800)
        assert (endpoint.is_open, endpoint.allows_credentials, endpoint.records_requests) == (
            True,
            False,
            False,
        )
        assert endpoint.created_by.username == endpoint.updated_by.username == "adops"
        assert f"http://testserver/vast/{endpoint.slug}" in answer.content.decode()

    @pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
    def test_from_a_file(self, ad_ops, packed):
        make_profile("gam")
        content = gzip.compress(body()) if packed else body()
        ad_ops.post(NEW, filled_in(response_file=SimpleUploadedFile("bids.json", content)))
        assert Endpoint.objects.get().canned.body == body()

    def test_from_a_pasted_text(self, ad_ops):
        make_profile("gam")
        assert ad_ops.post(NEW, filled_in(response=body().decode())).status_code == 302
        assert Endpoint.objects.get().canned.body == body()

    def test_from_an_auction(self, ad_ops):
        make_profile("gam")
        ad_ops.post(NEW, filled_in(source="prebid_server", auction_url=AUCTION))
        endpoint = Endpoint.objects.get()
        assert (endpoint.source, endpoint.auction_url, endpoint.canned) == (
            Source.PREBID_SERVER,
            AUCTION,
            None,
        )

    @pytest.mark.parametrize(
        ("fields", "wrong", "said"),
        [
            ({"title": ""}, "title", "required"),
            ({"title": "x" * 121}, "title", "120"),
            ({"title": "a\x00b"}, "title", "Null"),
            ({"receiver": "nobody"}, "receiver", "no receiver profile"),
            ({"publisher": "nobody"}, "publisher", "no publisher"),
            ({"source": "dice"}, "source", "no source named"),
            ({"response": ""}, "build", "Choose a build"),
            ({"response": "", "build": "nothing"}, "build", "no build of this id"),
            ({"response": "not JSON"}, "response", "JSON"),
            ({"response": "[1]"}, "response", "object"),
            ({"response_file": SimpleUploadedFile("b.json", b"{}")}, "response", "Give one response"),
            ({"tmax_ms": "99"}, "tmax_ms", "100"),
            ({"tmax_ms": "10001"}, "tmax_ms", "10000"),
            ({"tmax_ms": "fast"}, "tmax_ms", "whole number"),
            ({"source": "prebid_server"}, "auction_url", "needs the address"),
            ({"auction_url": "ftp://pbs.example.com/"}, "auction_url", "http or https"),
            ({"auction_url": "https:///openrtb2"}, "auction_url", "http or https"),
            ({"auction_url": "https://me:secret@pbs.example.com/"}, "auction_url", "user name or password"),
            ({"auction_url": "https://pbs.example.com:99999/"}, "auction_url", "not an address"),
            ({"auction_url": "https://xn--/"}, "auction_url", "not an address"),
            ({"auction_url": "https://pbs.example.com/a b"}, "auction_url", "spaces"),
            ({"auction_url": "http://127.0.0.1:8000/"}, "auction_url", "loopback"),
            ({"auction_url": "http://[::1]/"}, "auction_url", "loopback"),
            ({"auction_url": "http://169.254.169.254/latest"}, "auction_url", "metadata"),
            ({"auction_url": "http://2130706433/"}, "auction_url", "number"),
            ({"auction_url": "http://127.1/"}, "auction_url", "number"),
            ({"auction_url": "https://a.example/" + "x" * 500}, "auction_url", "500"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_saved(
        self, ad_ops, fields, wrong, said
    ):
        make_profile("gam")
        answer = ad_ops.post(NEW, filled_in(response=body().decode()) | fields)
        assert answer.status_code == 422
        assert said in " ".join(answer.context["form"].errors[wrong])
        assert not Endpoint.objects.exists()
        assert not Upload.objects.exists()

    def test_an_allow_listed_address_may_be_asked(self, ad_ops, settings):
        settings.FETCH_ALLOWED = ["127.0.0.1"]
        make_profile("gam")
        answer = ad_ops.post(
            NEW, filled_in(source="prebid_server", auction_url="http://127.0.0.1:8000/auction")
        )
        assert answer.status_code == 302

    def test_a_response_over_the_limit_is_refused(self, ad_ops, settings):
        settings.UPLOAD_MAX_BYTES = 100
        make_profile("gam")
        answer = ad_ops.post(NEW, filled_in(response=body().decode()))
        assert "larger than the limit" in answer.context["form"].errors["response"][0]

    def test_without_a_receiver_profile_the_page_says_what_to_make_first(self, ad_ops):
        assert "make one first" in ad_ops.get(NEW).content.decode()


class TestEditing:
    def test_saving_the_page_as_it_stands_changes_nothing(self, ad_ops):
        endpoint = make_endpoint(publisher=make_publisher(), records_requests=True)
        before = (endpoint.canned_id, endpoint.slug)
        assert ad_ops.post(at(endpoint, "endpoint-edit"), edited(ad_ops, endpoint)).status_code == 302
        endpoint.refresh_from_db()
        assert (endpoint.canned_id, endpoint.slug) == before
        assert (endpoint.publisher.name, endpoint.records_requests, endpoint.is_open) == ("attic", True, True)

    def test_another_response_takes_the_place_of_the_stored_one(self, ad_ops):
        endpoint = make_endpoint()
        other = body(bid(price=3))
        ad_ops.post(at(endpoint, "endpoint-edit"), edited(ad_ops, endpoint, response=other.decode()))
        endpoint.refresh_from_db()
        assert endpoint.canned.body == other

    def test_of_two_edits_of_one_version_the_second_is_refused_and_kept_in_the_form(self, ad_ops):
        endpoint = make_endpoint()
        first = edited(ad_ops, endpoint, title="Mine", tmax_ms="300")
        second = edited(ad_ops, endpoint, title="Theirs")
        assert ad_ops.post(at(endpoint, "endpoint-edit"), first).status_code == 302
        answer = ad_ops.post(at(endpoint, "endpoint-edit"), second)
        assert answer.status_code == 409
        told = {row.label: (row.theirs, row.yours) for row in answer.context["clash"]}
        assert told == {"Title": ("Mine", "Theirs"), "Time limit of the auction, ms": ("300", "1000")}
        assert answer.context["form"]["title"].value() == "Theirs"
        endpoint.refresh_from_db()
        assert endpoint.title == "Mine"
        again = second | {"version": answer.context["version"]}
        assert ad_ops.post(at(endpoint, "endpoint-edit"), again).status_code == 302

    def test_the_form_shows_what_applies_under_what_it_names_and_what_saving_changes(self, ad_ops):
        plain = make_profile("plain", receiver="GENERIC", max_ads_in_pod=7)
        make_profile("gam", receiver="GAM_SSU")
        make_publisher("attic", default_currency="EUR")
        endpoint = make_endpoint(receiver=plain)
        page = ad_ops.get(at(endpoint, "endpoint-edit")).content.decode()
        assert 'data-setting="max_ads_in_pod"' in page
        assert "Nothing</span> would apply differently" in page
        named = {"of": endpoint.public_id, "receiver": "gam", "publisher": "attic"}
        followed = ad_ops.get(reverse("endpoint-settings"), named).context["followed"]
        told = {row.key: (row.value, row.layer, row.was) for row in followed.changed}
        assert told["receiver"] == ("GAM_SSU", "profile", "GENERIC")
        assert told["default_currency"] == ("EUR", "account", "USD")
        assert told["max_ads_in_pod"] == ("10", "default", "7")
        assert Endpoint.objects.get().receiver == plain

    @pytest.mark.parametrize("named", [{}, {"receiver": ""}, {"receiver": "gone", "publisher": "gone"}])
    def test_the_form_of_an_endpoint_that_follows_nothing_yet_asks_for_a_profile(self, ad_ops, named):
        make_profile("gam")
        for answer in (ad_ops.get(NEW), ad_ops.get(reverse("endpoint-settings"), named)):
            assert "Choose a receiver profile to see what applies" in answer.content.decode()

    def test_a_rotation_meanwhile_is_no_conflict(self, ad_ops):
        endpoint = make_endpoint()
        data = edited(ad_ops, endpoint, title="Mine")
        ad_ops.post(at(endpoint, "endpoint-rotate"))
        assert ad_ops.post(at(endpoint, "endpoint-edit"), data).status_code == 302

    def test_rotating_asks_first_and_names_what_breaks(self, ad_ops):
        endpoint = make_endpoint()
        EndpointTraffic.objects.create(endpoint=endpoint, hour=_hour(), outcome=Outcome.FILL, requests=7)
        page = ad_ops.get(at(endpoint, "endpoint-rotate")).content.decode()
        assert f"/vast/{endpoint.slug}" in page
        assert "asked 7 times" in page
        old = endpoint.slug
        assert ad_ops.post(at(endpoint, "endpoint-rotate")).status_code == 302
        endpoint.refresh_from_db()
        assert endpoint.slug != old

    def test_closing_twice_leaves_it_closed(self, ad_ops):
        endpoint = make_endpoint()
        for _ in range(2):
            ad_ops.post(at(endpoint, "endpoint-switch"), {"open": "false"})
            endpoint.refresh_from_db()
            assert not endpoint.is_open
        ad_ops.post(at(endpoint, "endpoint-switch"), {"open": "true"})
        endpoint.refresh_from_db()
        assert endpoint.is_open

    def test_deleting_asks_first_and_takes_only_what_is_its_own(self, ad_ops):
        endpoint = make_endpoint()
        EndpointTraffic.objects.create(endpoint=endpoint, hour=_hour(), outcome=Outcome.FILL, requests=7)
        assert ad_ops.get(at(endpoint, "endpoint-delete")).status_code == 200
        assert Endpoint.objects.exists()
        assert ad_ops.post(at(endpoint, "endpoint-delete"), follow=True).status_code == 200
        assert not Endpoint.objects.exists()
        assert not EndpointTraffic.objects.exists()
        assert Upload.objects.exists()

    @pytest.mark.parametrize(
        "name", ["endpoint-edit", "endpoint-switch", "endpoint-rotate", "endpoint-delete"]
    )
    def test_qa_may_change_nothing(self, qa, name):
        endpoint = make_endpoint()
        assert qa.post(at(endpoint, name)).status_code == 403
        assert Endpoint.objects.get().slug == endpoint.slug


def _hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


class TestPages:
    def test_the_list_shows_who_is_asked_and_how_well_it_fills(self, viewer):
        endpoint = make_endpoint(publisher=make_publisher())
        for outcome, requests in ((Outcome.FILL, 1500), (Outcome.NO_AD, 500)):
            EndpointTraffic.objects.create(
                endpoint=endpoint, hour=_hour(), outcome=outcome, requests=requests
            )
        page = viewer.get(LIST).content.decode()
        for text in ("Living room pre-roll", "Attic", "2,000", "75 %", f"/vast/{endpoint.slug}"):
            assert text in page
        assert NEW not in page

    def test_the_list_costs_the_same_queries_however_long(self, viewer, django_assert_max_num_queries):
        profile = make_profile()
        for number in range(5):
            make_endpoint(profile, title=f"Endpoint {number}")
        with django_assert_max_num_queries(5):
            viewer.get(LIST)

    def test_every_request_that_is_kept_can_be_opened(self, qa, settings):
        settings.ENDPOINT_RECORDED = 60
        endpoint = make_endpoint()
        row = {
            "endpoint": endpoint,
            "at": timezone.now(),
            "outcome": Outcome.FILL,
            "status": 200,
            "took_ms": 1,
        }
        EndpointRequest.objects.bulk_create([EndpointRequest(**row, notices=[], vast="") for _ in range(60)])
        assert qa.get(at(endpoint)).content.decode().count("/requests/") == 60

    def test_the_page_shows_tag_traffic_and_settings_by_layer(self, viewer):
        endpoint = make_endpoint(
            make_profile(max_ads_in_pod=4), publisher=make_publisher(default_currency="CHF")
        )
        EndpointTraffic.objects.create(
            endpoint=endpoint, hour=_hour(), outcome=Outcome.FILL, requests=3, ads=6
        )
        answer = viewer.get(at(endpoint))
        rows = {row.key: (row.value, row.layer) for row in answer.context["effective"].rows}
        assert rows["max_ads_in_pod"] == ("4", "profile")
        assert rows["default_currency"] == ("CHF", "account")
        page = answer.content.decode()
        assert f'id="tag">http://testserver/vast/{endpoint.slug}</code>' in page
        assert "fill rate 100 %" in page

    def test_who_may_not_see_debug_sees_neither_requests_nor_a_way_to_try(self, viewer, qa):
        endpoint = make_endpoint(records_requests=True)
        row = make_request(endpoint)
        page = viewer.get(at(endpoint)).content.decode()
        assert "Recorded requests" not in page
        assert "Try it" not in page
        opened = reverse("endpoint-request", args=[endpoint.public_id, row.pk])
        assert viewer.get(opened).status_code == 403
        assert opened in qa.get(at(endpoint)).content.decode()
        assert "&lt;VAST version=&quot;3.0&quot;/&gt;" in qa.get(opened).content.decode()

    def test_trying_shows_what_a_player_would_get_and_counts_nothing(self, qa):
        endpoint = make_endpoint(canned=Upload.keep(body(bid("good"), bid("free", price=0))))
        page = qa.get(at(endpoint, "endpoint-try"), {"query": "?w=1920&maxdur=<b>"}).content.decode()
        for text in ("Filled", "status 200", "1 selected, 1 rejected", "good", "free", "&lt;VAST "):
            assert text in page
        assert "<b>" not in page
        assert not EndpointTraffic.objects.exists()
        assert not EndpointRequest.objects.exists()

    def test_what_was_tried_leads_to_its_whole_record(self, qa):
        endpoint = make_endpoint()
        tag = "https://ads.example.com/vast/abc?w=1920&tmax=soon&ua=[UA]&app_name=Night%20TV & more#x"
        page = qa.get(at(endpoint, "endpoint-try"), {"query": tag}).content.decode()
        [record] = re.findall(r'href="([^"]*/debug[^"]*)"', page)
        answer = qa.get(unescape(record)).json()
        assert answer["request"]["imp"][0]["video"]["w"] == 1920
        assert answer["request"]["app"]["name"] == "Night TV"
        assert any("tmax" in notice["text"] for notice in answer["notices"])

    def test_a_setting_of_the_tag_that_is_not_used_is_named(self, qa):
        page = qa.get(at(make_endpoint(), "endpoint-try"), {"query": "receiver=zzz"}).content.decode()
        assert "request: receiver is &#x27;zzz&#x27;, but must be one of" in page

    def test_what_was_remarked_on_the_bids_is_told_but_not_their_rejection_again(self, qa):
        priced = inline().replace(
            "<AdServingId>", '<Pricing model="CPM" currency="USD">9.50</Pricing><AdServingId>'
        )
        seats = [bid("kept", adm=priced), bid("free", price=0)]
        endpoint = make_endpoint(canned=Upload.keep(body(*seats)), records_requests=True)
        tried = qa.get(at(endpoint, "endpoint-try"), {"query": "w=1"}).content.decode()
        result = decisions(build_vast_from_bid_response(None, body(*seats), None))
        row = make_request(endpoint, result=result)
        opened = qa.get(reverse("endpoint-request", args=[endpoint.public_id, row.pk])).content.decode()
        for page in (tried, opened):
            assert "FIELD_COLLISION" in page
            assert page.count("BID_PRICE_NOT_POSITIVE") == 1

    def test_a_closed_endpoint_can_be_tried_and_says_what_players_get(self, qa):
        endpoint = make_endpoint(is_open=False)
        page = qa.get(at(endpoint, "endpoint-try"), {"query": "w=1920"}).content.decode()
        assert "Players get status 404 and no ad. Were it open:" in page
        assert "status 200" in page
        assert "/debug" not in page

    def test_trying_an_endpoint_whose_auction_cannot_be_asked_says_why(self, qa):
        endpoint = make_endpoint(
            source=Source.PREBID_SERVER, canned=None, auction_url="http://127.0.0.1:9/openrtb2/auction"
        )
        page = qa.get(at(endpoint, "endpoint-try")).content.decode()
        assert "Auction failed" in page
        assert "AUCTION_ADDRESS_REFUSED" in page

    def test_a_request_of_another_endpoint_is_not_found(self, qa):
        profile = make_profile()
        row = make_request(make_endpoint(profile))
        other = make_endpoint(profile, title="Other")
        assert qa.get(reverse("endpoint-request", args=[other.public_id, row.pk])).status_code == 404

    def test_hostile_texts_are_shown_as_text(self, qa):
        endpoint = make_endpoint(title="<img src=x onerror=alert(1)>")
        row = make_request(endpoint, vast="</pre><script>alert(1)</script>", request={"ua": "<script>"})
        opened = reverse("endpoint-request", args=[endpoint.public_id, row.pk])
        for page in (LIST, at(endpoint), opened):
            html = qa.get(page).content.decode()
            assert "<img src=x" not in html
            assert "<script>alert" not in html

    def test_an_endpoint_nobody_knows_is_not_found(self, ad_ops):
        for name in ("endpoint", "endpoint-edit", "endpoint-rotate", "endpoint-delete", "endpoint-try"):
            assert ad_ops.get(reverse(name, args=["nothing"])).status_code == 404
