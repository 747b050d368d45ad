"""``manage.py play_vast``: the events of a viewing as text or as the session's JSON, errors by name."""

import io
import json
import os
import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from pipeline.engine import build_vast_from_bid_response
from tests.corpus import CORPUS
from tests.pipeline.responses import inline, sample, wrapper
from tests.playback.servers import knocks, serving

_OTHERS = (
    "prebid-server/gumgum--exemplary__video",
    "prebid-server/oraki--exemplary__simple-video",
    "prebid-server/yandex--exemplary__simple-video",
    "prebid-server/teqblaze--exemplary__video",
    "aws-prebid-server-deployment/aws-loadtest--bid_response",
)
_OURS = ("inline-vast3", "inline-vast4", "pod-three-seats", "broken-adm")
RESPONSES = (
    {name.rpartition("/")[2]: CORPUS / "bids" / f"{name}.response.json" for name in _OTHERS} if CORPUS else {}
)


def document(name: str) -> bytes:
    response = RESPONSES[name].read_bytes() if name in RESPONSES else sample(name)
    return build_vast_from_bid_response(None, response, {"selection_strategy": "TOP_N"}).xml


@pytest.fixture
def file(tmp_path):
    def write(xml: str | bytes):
        path = tmp_path / "ad.xml"
        path.write_bytes(xml if isinstance(xml, bytes) else xml.encode())
        return path

    return write


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("play_vast", *map(str, arguments), stdout=out)
    return out.getvalue()


def failure(*arguments: object) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("name", [*_OURS, *RESPONSES])
def test_ads_of_ours_and_of_others_play_to_their_end(file, name):
    session = json.loads(run(file(document(name)), "--seed", 7, "--json"))
    assert session["status"] == "completed"
    assert session["quartiles_tracked"] == [1, 2, 3, 4]
    assert session["current_offset_sec"] == session["duration_sec"] > 0


def test_an_ad_whose_only_media_is_a_script_ends_in_error_and_says_why(file):
    scripted = inline().replace('type="video/mp4"', 'type="application/javascript" apiFramework="VPAID"')
    session = json.loads(run(file(scripted), "--seed", 7, "--json"))
    assert session["status"] == "error"
    assert "no media file can be played" in session["metadata"]["error"]


def test_the_event_list_has_a_line_an_event_and_a_last_line_with_the_outcome(file):
    lines = run(file(inline()), "--seed", 7).splitlines()
    names = [line.split()[1] for line in lines[:-1]]
    for event in ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete"):
        assert names.count(event) == 1
    assert lines[names.index("midpoint")].split()[0] == "15.000"
    assert lines[-1] == "completed (completed) at 30 of 30 s, seed 7"


def test_an_interruption_is_told_with_its_reason(file):
    path = file(inline())
    for seed in range(30):
        session = json.loads(run(path, "--provider", "yandex", "--seed", seed, "--json"))
        if session["interrupted_by"]:
            break
    text = run(path, "--provider", "yandex", "--seed", seed)
    assert "interrupt" in text
    assert f"error (network_error) at {session['current_offset_sec']:g} of 30 s, seed {seed}" in text


def test_the_same_seed_gives_the_same_bytes_and_another_set_of_rules_is_another_session(file):
    path = file(inline())
    first = run(path, "--provider", "google", "--seed", 3, "--json")
    assert first == run(path, "--provider", "google", "--seed", 3, "--json")
    legacy = run(path, "--provider", "google", "--seed", 3, "--profile-set", "legacy", "--json")
    assert len(json.loads(legacy)["interruption_plan"]) == 5
    assert len(json.loads(first)["interruption_plan"]) == 1


def test_without_a_seed_one_is_chosen_and_printed(file):
    path = file(inline())
    seeds = {run(path).splitlines()[-1].rpartition(" ")[2] for _ in range(3)}
    assert len(seeds) == 3
    again = json.loads(run(path, "--seed", next(iter(seeds)), "--json"))
    assert str(again["seed"]) in seeds


def test_real_mode_plays_on_the_wall_clock(file):
    session = json.loads(run(file(inline(duration="00:00:00.200")), "--mode", "real", "--seed", 1, "--json"))
    assert (session["status"], session["config"]["mode"]) == ("completed", "real")
    assert session["start_time"] > 1_000_000_000


def test_auto_asks_the_environment(file, monkeypatch):
    monkeypatch.setitem(os.environ, "VASTDASH_PLAYBACK_MODE", "headless")
    session = json.loads(run(file(inline()), "--mode", "auto", "--seed", 1, "--json"))
    assert session["config"]["mode"] == "headless"


def test_an_ad_of_a_pod_is_chosen_by_its_place(file):
    path = file(document("pod-three-seats"))
    played = [json.loads(run(path, "--ad", place, "--seed", 1, "--json"))["ad"]["id"] for place in (0, 1)]
    assert len(set(played)) == 2


@pytest.mark.parametrize(
    ("xml", "arguments", "said"),
    [
        (inline(), ["--provider", "nobody"], "provider: unknown provider 'nobody'"),
        (inline(), ["--profile-set", "factory"], "profile_set: unknown profile set 'factory'"),
        (inline(), ["--mode", "sideways"], "mode: "),
        (inline(), ["--seed", "-1"], "seed must be"),
        (inline(), ["--ad", "3"], "ad_index 3 names no ad"),
        (wrapper(), [], "(error 301): hop 2, ads.example.com, code 301, "),
        (inline(), ["--delivery", "live"], "confirm with --yes"),
        ("<VAST/>", [], "303"),
        ("no XML", [], "vast: "),
        ("<!DOCTYPE VAST [<!ENTITY a 'b'>]><VAST>&a;</VAST>", [], "DOCTYPE"),
    ],
)
def test_what_cannot_be_played_is_an_error_that_names_it(file, xml, arguments, said):
    assert said in failure(file(xml), *arguments)


@pytest.fixture
def server(settings):
    settings.FETCH_ALLOWED = ["127.0.0.1"]
    with serving() as (here, received):
        yield here, received


def test_a_tag_is_played_and_every_hop_has_a_line(server):
    here, received = server
    lines = run(f"{here}/wrapped/1/clip", "--seed", 7).splitlines()
    assert re.fullmatch(rf"hop 1 +200  \d+ ms  wrapper  {here}/wrapped/1/clip", lines[0])
    assert re.fullmatch(rf"hop 2 +200  \d+ ms  ads  {here}/clip", lines[1])
    assert lines[-1] == "completed (completed) at 1 of 1 s, seed 7"
    assert received == []


def test_the_json_of_a_tag_is_json_alone(server):
    assert json.loads(run(f"{server[0]}/clip", "--seed", 7, "--json"))["status"] == "completed"


def test_live_and_confirmed_the_pixels_are_called_and_counted(server):
    here, received = server
    lines = run(f"{here}/wrapped/1/clip", "--seed", 7, "--delivery", "live", "--yes").splitlines()
    (told,) = [line for line in lines if line.startswith("pixels: ")]
    assert f"{len(received)} sent" in told
    assert len(received) > 2


def test_without_an_ad_the_hops_are_told_and_the_last_one_blamed(server):
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("play_vast", f"{server[0]}/wrapped/1/empty", stdout=out)
    assert caught.value.returncode == 1
    assert re.search(r"\(error 303\): hop 2, 127\.0\.0\.1, code 303, \d+ ms$", str(caught.value))
    assert [line.split()[-2] for line in out.getvalue().splitlines()] == ["wrapper", "empty"]
    assert server[1] == []


def test_an_address_of_this_machine_is_not_fetched_unless_allowed(settings):
    settings.FETCH_ALLOWED = []
    with knocks() as (port, connected):
        assert "127.0.0.1 is" in failure(f"http://127.0.0.1:{port}/")
    assert connected == []


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "none.xml: No such file" in failure(tmp_path / "none.xml")
