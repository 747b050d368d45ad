"""``manage.py build_vast``: VAST or the debug record on standard output, remarks on standard error, errors by name."""

import gzip
import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.corpus import CORPUS
from tests.pipeline.responses import SAMPLES, bid, body, inline, response
from vast.ad import read

_OURS = [
    SAMPLES / f"{name}.json"
    for name in ("inline-vast3", "inline-vast4", "wrapper", "pod-three-seats", "broken-adm")
]
_OTHERS = (
    "prebid-server/gumgum--exemplary__video",
    "prebid-server/cadent_aperture_mx--exemplary__banner-and-video-app",
    "prebid-server/blis--exemplary__video",
    "aws-prebid-server-deployment/aws-loadtest--bid_response",
    "prebid-server-exchange/pbs-exchange--exchangetest__events-vast-account-on-request-off",
)
RESPONSES = [CORPUS / "bids" / f"{name}.response.json" for name in _OTHERS] if CORPUS else _OURS


def run(*arguments: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("build_vast", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def failure(*arguments: object) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    return str(caught.value)


@pytest.fixture
def file(tmp_path):
    def write(content: bytes | dict, name: str = "response.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


@pytest.mark.parametrize("path", RESPONSES, ids=lambda path: path.stem)
def test_a_response_becomes_vast_on_standard_output(path):
    out, _ = run(path)
    assert read(out.encode(), lenient=True).ads


@pytest.mark.parametrize("path", RESPONSES, ids=lambda path: path.stem)
def test_the_debug_record_holds_the_same_document_and_the_fate_of_every_bid(path):
    out, _ = run(path, "--debug")
    record = json.loads(out)
    assert record["vast_xml"].strip() == run(path)[0].strip()
    bids = sum(len(seat.get("bid", [])) for seat in json.loads(path.read_bytes())["seatbid"])
    assert record["selected_count"] + len(record["rejected"]) == bids


def test_a_gzipped_response_gives_the_same_document(file):
    assert run(file(gzip.compress(body()), "r.gz")) == run(file(body()))


def test_standard_input_is_read_for_a_dash(monkeypatch, file):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body())))
    assert run("-") == run(file(body()))


def test_request_config_and_receiver_reach_the_engine(file):
    config = file({"receiver": "GENERIC", "selection_strategy": "TOP_N", "max_ads_in_pod": 1}, "config.json")
    asked = file({"id": "request-1", "imp": [{"id": "2", "video": {}}]}, "request.json")
    answer = file(response(bid("a"), bid("b", impid="2", adm=inline("b"))))
    record = json.loads(
        run(answer, "--request", asked, "--config", config, "--receiver", "gam_ssu", "--debug")[0]
    )
    assert record["receiver"] == "GAM_SSU"
    assert [row["bid_id"] for row in record["selected"]] == ["b"]
    assert [row["bid_id"] for row in record["rejected"]] == ["a"]


def test_remarks_go_to_standard_error_with_code_and_bid(file):
    out, err = run(file(response(bid("good"), bid("broken", adm="<VAST"))))
    assert out.startswith("<")
    assert any("broken" in line and line.split()[0].isupper() for line in err.splitlines())


def test_a_remark_is_printed_as_the_engine_made_it(file):
    _, err = run(file(response(bid("odd", price="1 : 2"), bid(), cur="A : B")))
    assert "BID_PRICE_INVALID odd: bid 'odd' was rejected: the price is the text '1 : 2', not a number" in err
    assert "CURRENCY_INVALID: the response's currency 'A : B'" in err


def test_a_response_of_unusable_bids_prints_the_empty_document_and_says_why(file):
    out, err = run(file(response(bid(price=0))))
    assert read(out.encode()).ads == ()
    assert "bid-1" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "response: This is empty"),
        (b"{", "response:"),
        (b"[]", "response:"),
        (gzip.compress(b"{}")[:-9], "cut off"),
    ],
    ids=["nothing", "half an object", "an array", "cut off"],
)
def test_an_unreadable_response_is_an_error_that_names_it(file, content, said):
    assert said in failure(file(content))


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert failure(tmp_path / "none.json").startswith("response: ")
    assert "none.json: No such file" in failure(tmp_path / "none.json")


def test_bad_options_are_named(file):
    answer = file(body())
    assert "request: " in failure(answer, "--request", file(b"{", "q.json"))
    assert failure(answer, "--receiver", "ROKU").startswith("receiver: there is no receiver named 'ROKU'")
    assert failure(answer, "--config", file(b"{", "c.json")).startswith("config: ")
    assert failure(answer, "--config", file(b"[]", "c.json")) == "config: a JSON object is expected"
    assert failure(answer, "--config", file(b"[" * 100_000, "c.json")).startswith("config: ")
    assert "a bid response" not in failure(answer, "--request", file(b" ", "q.json"))
    assert failure(answer, "--config", "nowhere.json").startswith("config: ")


def test_the_upload_limit_holds_here_too(file, settings):
    settings.UPLOAD_MAX_BYTES = 100
    assert "larger than the limit" in failure(file(body()))
