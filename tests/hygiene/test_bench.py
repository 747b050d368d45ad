"""The measurements: each compares two things that do the same work, and the result file is flat."""

import asyncio
import json
import subprocess
from types import SimpleNamespace

import pytest

from bench import __main__ as runner
from bench import build, endpoint, realtime, sim, store, vast_client
from bench import read as bench_read
from pipeline.engine import build_vast_from_bid_response
from playback.engine import PlaybackEvent, VastClient
from playback.engine.playing.plan import compile_plan
from playback.engine.playing.session import Tracked
from vast.ad import read


@pytest.fixture
def modules(monkeypatch, tmp_path):
    """The runner with two small measurements in place of the real ones."""
    figures = {"one": {"a": 1.0, "b": 2}, "two": {"c": 1 / 3}}
    monkeypatch.setattr(runner, "measurements", lambda: sorted(figures))
    monkeypatch.setattr(
        runner.importlib,
        "import_module",
        lambda name: SimpleNamespace(run=lambda: figures[name.split(".")[1]]),
    )
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "results.json")
    return figures


def test_the_real_measurements_are_found_by_their_run_function():
    assert {"build", "endpoint", "sim", "store"} <= set(runner.measurements())
    assert not {"rounds", "stored"} & set(runner.measurements())


def test_the_result_file_maps_each_figure_to_a_number(modules, capsys):
    assert runner.main([]) == 0
    assert json.loads(runner.RESULTS.read_text()) == {"a": 1.0, "b": 2.0, "c": 0.33333}
    assert "one" in capsys.readouterr().out


def test_a_figure_given_twice_is_refused(modules):
    modules["two"]["a"] = 9.0
    with pytest.raises(ValueError, match="two measurements give a"):
        runner.main([])


def test_an_unknown_measurement_is_refused_by_name(modules, capsys):
    assert runner.main(["three"]) == 2
    assert "three" in capsys.readouterr().err


def test_build_and_its_floor_write_the_same_ads():
    body = build.response(5)
    built = build_vast_from_bid_response(None, body, build.CONFIG)
    ours, floor = (read(xml) for xml in (built.xml, build.floor(body)))
    assert {ad.id for ad in ours.ads} == {ad.id for ad in floor.ads}
    assert {(t.event, t.url) for ad in ours.ads for t in ad.linear.trackers} == {
        (t.event, t.url) for ad in floor.ads for t in ad.linear.trackers
    }
    assert all(ad.pricing and ad.advertiser for ad in ours.ads)


def test_the_tick_loop_and_the_player_agree_on_every_session():
    ad = sim.ad_of(30)
    client, plan = VastClient.from_xml(sim.document(30)), compile_plan(ad, sim.CONFIG)
    assert len(plan.moments) == 12
    assert 0.2 < sim.check_same_outcomes(plan, client, ad, sessions=60) < 0.5


def test_a_get_and_the_build_beside_it_give_the_same_document():
    body = build.response(endpoint.BIDS)
    opened, loop = endpoint.endpoint_of(body), asyncio.new_event_loop()
    query = endpoint.tags(1)
    alone = loop.run_until_complete(endpoint.same_build(opened, body, query[0]))()
    player = endpoint.Driver(loop, endpoint.door_of(opened), query)
    player.ask(1)
    loop.close()
    assert (player.status, player.body) == (200, alone)
    assert len(read(alone).ads) == endpoint.BIDS


def test_without_node_the_figure_beside_vast_client_is_left_out_with_a_reason(monkeypatch, capsys):
    monkeypatch.setattr(vast_client.shutil, "which", lambda name: None)
    assert bench_read.beside_vast_client([]) == {}
    assert "read_x_vast_client skipped: there is no Node" in capsys.readouterr().out


def test_a_registry_that_does_not_answer_is_a_reason_too(monkeypatch, tmp_path, capsys):
    def run(command, **_):
        if command[0] == "npm":
            raise subprocess.CalledProcessError(1, command, stderr="npm error network\n")
        return SimpleNamespace(stdout="v20.0.0\n")

    monkeypatch.setattr(vast_client.shutil, "which", lambda name: name)
    monkeypatch.setattr(vast_client.subprocess, "run", run)
    monkeypatch.setattr(vast_client, "INSTALLED", tmp_path / "package.json")
    assert bench_read.beside_vast_client([]) == {}
    assert "npm ci --ignore-scripts failed: npm error network" in capsys.readouterr().out


def test_without_a_server_the_figures_on_postgresql_are_left_out_with_a_reason(monkeypatch, capsys):
    monkeypatch.delenv("VASTDASH_BENCH_DSN", raising=False)
    monkeypatch.setattr(store, "SERVER", "postgresql://postgres@127.0.0.1:1")
    assert store.server() == ""
    assert "slowest_query_ms_postgresql skipped: no server at" in capsys.readouterr().out


def test_a_seat_of_the_house_goes_on_from_its_place_and_each_event_is_held_against_its_instant():
    house = realtime.House(sim.ad_of(30))
    session = house.under_way(seat=3, place_ms=8000)
    assert (session.status, session.current_offset_sec, len(session.events)) == ("running", 8.0, 6)
    due = Tracked("progress", 12_000_000, 12_000_000)
    session.tracked.append(due)
    session.events.append(PlaybackEvent(1012.25, "progress", 12.0))
    house.note(session, begun=1000.0, known=6)
    assert house.lateness == [(1012.0, 0.25)]
