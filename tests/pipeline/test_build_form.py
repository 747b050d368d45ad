"""The build page: what is handed over is built and kept whole, or refused at its field and not kept at all."""

import gzip
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pipeline.models import Build, Upload
from tests.corpus import CORPUS
from tests.pipeline.responses import SAMPLE_NAMES, SAMPLES, bid, body, inline, response, sample, wrapper
from vast.ad import read

pytestmark = pytest.mark.django_db

CHOICES = {
    "receiver": "GENERIC",
    "selection_strategy": "TOP_N",
    "max_ads_in_pod": "10",
    "collision_policy": "VAST_WINS",
}


def hand_over(client, file: bytes | None = None, *, paste: str = "", name: str = "bids.json", **fields: str):
    data = {**CHOICES, "response": paste, **fields}
    if file is not None:
        data["response_file"] = SimpleUploadedFile(name, file)
    return client.post(reverse("build-new"), data)


def kept() -> tuple[int, int]:
    return Build.objects.count(), Upload.objects.count()


def built(answer) -> Build:
    assert answer.status_code == 302, answer.context and answer.context["form"].errors
    build = Build.objects.latest("id")
    assert answer["Location"] == reverse("build", args=[build.public_id])
    return build


def refused(answer, field: str) -> str:
    """The text beside the field, having made sure that it is shown there and that nothing was kept."""
    assert answer.status_code == 422
    assert kept() == (0, 0)
    form = answer.context["form"]
    assert list(form.errors) == [field]
    text = " ".join(form.errors[field])
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert "Traceback" not in page
    return text


def test_the_form_says_what_applies_where_nothing_is_set(qa, settings):
    address = reverse("build-new")
    assert "not set here (TOP_N)" in qa.get(address).content.decode()
    settings.RECEIVER_CONFIG = {"selection_strategy": "ALL"}
    page = qa.get(address).content.decode()
    assert "not set here (ALL)" in page
    assert "not set here (TOP_N)" not in page


def test_a_plain_upload_is_built_kept_and_shown_at_its_own_address(qa):
    build = built(hand_over(qa, body()))
    assert (build.title, build.receiver, build.no_ad, build.selected_count) == (
        "bids.json",
        "GENERIC",
        False,
        1,
    )
    assert build.created_by.username == "qa"
    assert build.response.body == body()
    assert build.config["selection_strategy"] == "TOP_N"
    assert qa.get(f"/builds/{build.public_id}/").status_code == 200


def test_a_gzipped_upload_is_kept_as_what_was_inside(qa):
    build = built(hand_over(qa, gzip.compress(body()), name="bids.json.gz"))
    assert build.response.body == body()


def test_a_pasted_response_is_built(qa):
    build = built(hand_over(qa, paste=body().decode()))
    assert build.title == "Pasted bid response"


def test_a_byte_order_mark_before_the_json_does_no_harm(qa):
    assert built(hand_over(qa, b"\xef\xbb\xbf" + body())).selected_count == 1


def test_the_same_bytes_are_kept_once_however_often_they_are_built(qa):
    built(hand_over(qa, body()))
    built(hand_over(qa, body(), receiver="GAM_SSU"))
    assert kept() == (2, 1)


def test_when_storing_fails_half_way_nothing_is_kept(qa, monkeypatch):
    def full(**_):
        raise OSError("the disk is full")

    monkeypatch.setattr(Build.objects, "create", full)
    with pytest.raises(OSError, match="full"):
        hand_over(qa, body())
    assert kept() == (0, 0)


def test_a_files_name_is_cut_to_what_a_title_holds_and_never_taken_for_markup(qa):
    build = built(hand_over(qa, body(), name="<img src=x onerror=alert(1)>" + "x" * 250))
    assert len(build.title) == 200
    assert "<img src=x" not in qa.get(f"/builds/{build.public_id}/").content.decode()
    assert "<img src=x" not in qa.get("/builds/").content.decode()


def test_a_bid_request_is_kept_beside_the_response(qa):
    asked = json.dumps({"id": "request-1", "imp": [{"id": "1", "video": {}}]})
    assert built(hand_over(qa, body(), request=asked)).request.body == asked.encode()


BAD_BODIES = {
    "an empty file": (b" ", "empty"),
    "text": (b"hello", "JSON"),
    "truncated JSON": (body()[:-20], "JSON"),
    "a JSON array": (b"[1, 2]", "object"),
    "a JSON number": (b"7", "object"),
    "bytes in no encoding": (b"\xff\xfe\xfa{}", ""),
    "deep nesting": (b'{"id":' + b"[" * 200_000 + b"]" * 200_000 + b"}", ""),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ""),
    "a cut-off gzip file": (gzip.compress(body())[:-9], "cut off"),
    "a broken gzip file": (b"\x1f\x8b\x08" + b"x" * 50, "cannot be unpacked"),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_a_bad_upload_is_refused_at_the_file_and_nothing_is_kept(qa, case):
    file, said = BAD_BODIES[case]
    text = refused(hand_over(qa, file), "response_file")
    assert said in text
    assert text.endswith(".")


@pytest.mark.parametrize("case", ["text", "truncated JSON", "a JSON array", "deep nesting"])
def test_a_bad_paste_is_refused_at_the_text_and_stays_there_to_be_corrected(qa, case):
    file, said = BAD_BODIES[case]
    answer = hand_over(qa, paste=file.decode())
    assert said in refused(answer, "response")
    assert answer.context["form"]["response"].value() == file.decode()


def test_an_upload_over_the_limit_is_refused_by_size(qa, settings):
    settings.UPLOAD_MAX_BYTES = 2_000
    assert "larger than the limit of 0.002 MB" in refused(hand_over(qa, b"{" + b" " * 2_000), "response_file")


def test_a_gzip_bomb_is_refused_by_size(qa):
    bomb = gzip.compress(bytes(30_000_000), compresslevel=9)
    assert len(bomb) < 50_000
    assert "larger than the limit of 10 MB" in refused(hand_over(qa, bomb), "response_file")


def test_a_response_without_a_usable_bid_is_refused_with_the_fate_of_every_bid(qa):
    answer = hand_over(qa, body(bid("cheap", price=0), bid("broken", adm="<VAST")))
    assert refused(answer, "response_file") == "None of the 2 bids can be used, so no ad came of it."
    page = answer.content.decode()
    for row in answer.context["decisions"]["rejected"]:
        assert row["bid_id"] in page
        assert row["code"] in page
    assert "0 selected · 2 rejected" in page


def test_the_only_bid_is_not_counted_aloud(qa):
    text = refused(hand_over(qa, body(bid(adm="no VAST"))), "response_file")
    assert text == "The only bid cannot be used, so no ad came of it."


@pytest.mark.parametrize(
    "answer", [{"id": "1", "nbr": 2}, {"id": "1", "seatbid": []}, {"id": "1", "seatbid": [{"bid": []}]}]
)
def test_an_answer_without_bids_is_legal_and_kept_as_no_ad(qa, answer):
    build = built(hand_over(qa, json.dumps(answer).encode()))
    assert (build.no_ad, build.selected_count, build.findings) == (True, 0, [])
    page = qa.get(f"/builds/{build.public_id}/").content.decode()
    assert "No ad: the response holds no bids" in page
    assert "Play this" not in page


def test_the_no_bid_reason_is_shown(qa):
    build = built(hand_over(qa, json.dumps({"id": "1", "nbr": 2}).encode()))
    assert "no-bid reason 2" in qa.get(f"/builds/{build.public_id}/").content.decode()


def test_a_file_and_a_paste_together_are_refused(qa):
    text = refused(hand_over(qa, body(), paste=body().decode()), "response_file")
    assert text == "Give a file or a pasted text, not both."


def test_neither_file_nor_paste_is_refused(qa):
    assert "Choose a file" in refused(hand_over(qa), "response_file")


def test_a_file_of_no_bytes_is_refused_at_the_file(qa):
    assert "empty" in refused(hand_over(qa, b""), "response_file")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("receiver", "ROKU", "There is no receiver named “ROKU”."),
        ("receiver", "profile:nobody", "There is no receiver profile of this name."),
        ("publisher", "nobody", "There is no publisher of this name."),
        ("selection_strategy", "SOME", "one of SINGLE, TOP_N, ALL"),
        ("max_ads_in_pod", "-1", "0 (no limit) or more"),
        ("max_ads_in_pod", "many", "whole number"),
        ("collision_policy", "NOBODY_WINS", "one of ERROR, VAST_WINS"),
        ("pricing_placement", "ATTIC", "one of INLINE, WRAPPER"),
        ("version_policy", "LOWEST", "one of MAX, FIXED"),
        ("vast_version_default", "5.0", "one of 2.0, 3.0"),
        ("enforce_pod", "maybe", "true or false"),
        ("no_ad_error_url", "ftp://example.com", "http or https"),
        ("default_currency", "dollars", "three letters"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused_by_name(qa, field, value, said):
    assert said in refused(hand_over(qa, body(), **{field: value}), field)


@pytest.mark.parametrize("asked", ["{", "[]", '"text"', "[" * 100_000])
def test_an_unreadable_bid_request_is_refused_at_its_own_field(qa, asked):
    assert refused(hand_over(qa, body(), request=asked), "request")


def test_a_bid_for_an_impression_nobody_asked_for_is_rejected(qa):
    asked = json.dumps({"id": "request-1", "imp": [{"id": "2", "video": {}}]})
    assert "cannot be used" in refused(hand_over(qa, body(), request=asked), "response_file")


def test_the_form_opens_empty_or_with_a_sample_of_ours(qa):
    assert qa.get("/builds/new/").context["form"]["response"].value() is None
    page = qa.get("/builds/new/?sample=wrapper")
    assert json.loads(page.context["form"]["response"].value()) == json.loads(sample("wrapper"))


@pytest.mark.parametrize("name", ["nothing", "../../README", "..%2f..%2fmanage"])
def test_an_unknown_sample_starts_empty(qa, name):
    assert qa.get("/builds/new/", {"sample": name}).context["form"]["response"].value() is None


@pytest.mark.parametrize("receiver", ["GENERIC", "GAM_SSU"])
@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_every_sample_of_ours_builds_for_every_receiver(qa, name, receiver):
    build = built(hand_over(qa, sample(name), receiver=receiver))
    assert build.receiver == receiver
    assert build.no_ad is (name == "no-bid")
    page = qa.get(f"/builds/{build.public_id}/")
    assert page.status_code == 200
    assert len(page.context["decisions"]["rejected"]) == build.rejected_count
    assert build.rejected_count == (1 if name in {"broken-adm", "pod-three-seats"} else 0)


def test_one_bad_bid_never_harms_the_others(qa):
    build = built(hand_over(qa, body(bid("good"), bid("bad", price=99, adm="<VAST><Ad>"))))
    assert [row["bid_id"] for row in build.result["selected"]] == ["good"]
    assert [row["bid_id"] for row in build.result["rejected"]] == ["bad"]


@pytest.mark.parametrize("field", ["id", "adomain", "dealid", "crid", "adm", "impid"])
def test_half_a_surrogate_pair_in_a_bid_never_breaks_a_page(qa, field):
    odd = {"id": "odd", "adomain": ["a.example"], "dealid": "d", "crid": "c", "adm": inline(), "impid": "1"}
    odd[field] = ["\ud800.example"] if field == "adomain" else odd[field][:-4] + "\ud800"
    answer = hand_over(qa, body(bid("good", price=1), {**odd, "price": 5}))
    build = built(answer)
    assert qa.get(f"/builds/{build.public_id}/").status_code == 200
    assert qa.get(f"/api/v1/builds/{build.public_id}").status_code == 200


def test_half_a_surrogate_pair_in_the_only_bid_never_breaks_the_refusal(qa):
    refused(hand_over(qa, body(bid("\ud800", adm="none"))), "response_file")


def test_a_pod_is_numbered_in_order_of_price(qa):
    bids = [bid("low", price=1, adm=inline("a")), bid("high", price=9, adm=wrapper("b"))]
    build = built(hand_over(qa, json.dumps(response(*bids)).encode()))
    assert [(ad.sequence, ad.kind) for ad in read(build.vast).ads] == [(1, "wrapper"), (2, "inline")]


def test_options_of_the_form_reach_the_engine(qa):
    bids = (bid("low", price=1, adm=inline("a")), bid("high", price=9, adm=inline("b")))
    build = built(hand_over(qa, body(*bids), selection_strategy="SINGLE", enable_debug="true"))
    assert build.selected_count == 1
    assert "openrtb" in build.vast.lower()
    assert build.config["enable_debug"] is True


# Bid responses, each with the ads that must come out of it, as (kind, playing time in ms).
_OURS = {
    SAMPLES / "inline-vast3.json": [("inline", 30_000)],
    SAMPLES / "inline-vast4.json": [("inline", 15_000)],
    SAMPLES / "wrapper.json": [("wrapper", None)],
    SAMPLES / "broken-adm.json": [("inline", 30_000)],
    SAMPLES / "pod-three-seats.json": [("inline", 15_000), ("inline", 30_000), ("inline", 20_000)],
}
_OTHERS = {
    "prebid-server/gumgum--exemplary__video": [("inline", 15_000)],
    "prebid-server/cadent_aperture_mx--exemplary__banner-and-video-app": [("inline", 15_000)],
    "prebid-server/yandex--exemplary__simple-video": [("inline", 30_000)],
    "prebid-server/blis--exemplary__video": [("wrapper", None)],
    "prebid-server/beachfront--supplemental__banner-and-nurl-video": [("wrapper", None)],
    "prebid-server/fwssp--supplemental__invalid_bid_response": None,
    "aws-prebid-server-deployment/aws-loadtest--bid_response": [("inline", 5_000)] * 2,
    "prebid-server-exchange/pbs-exchange--exchangetest__events-vast-account-on-request-off": [
        ("wrapper", None),
        ("wrapper", None),
        ("wrapper", None),
    ],
}
# Those of other people where the corpus is at hand, else the samples that ship.
RESPONSES = (
    {CORPUS / "bids" / f"{name}.response.json": ads for name, ads in _OTHERS.items()} if CORPUS else _OURS
)
EVERY_RESPONSE = sorted((CORPUS / "bids").rglob("*.response.json") if CORPUS else SAMPLES.glob("*.json"))


@pytest.mark.parametrize("path", RESPONSES, ids=lambda path: path.name.partition(".")[0])
def test_a_real_bid_response_is_built_and_shown_or_refused_at_its_field(qa, path):
    answer = hand_over(qa, path.read_bytes())
    if RESPONSES[path] is None:
        refused(answer, "response_file")
        return
    build = built(answer)
    assert [(ad.kind, ad.duration_ms) for ad in read(build.vast, lenient=True).ads] == RESPONSES[path]
    page = qa.get(f"/builds/{build.public_id}/")
    assert page.status_code == 200
    bids = sum(len(seat["bid"]) for seat in json.loads(path.read_bytes())["seatbid"])
    assert build.selected_count + build.rejected_count == bids


def test_a_response_of_whatever_origin_is_either_kept_whole_or_refused_whole(qa):
    assert len(EVERY_RESPONSE) >= len(SAMPLE_NAMES)
    for path in EVERY_RESPONSE:
        before = Build.objects.count()
        answer = hand_over(qa, path.read_bytes())
        assert answer.status_code in {302, 422}, path
        assert Build.objects.count() - before == (answer.status_code == 302), path
