"""Endpoints behind the real server: over a socket, beside the pages, and with nothing lost when it is told to stop."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.browser.server import HOST, Server

PATIENCE_SEC = 20.0


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    server = Server(tmp_path).start()
    yield server
    if server._running.poll() is None:
        server.stop()


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    """What another process reads from the server's database, or writes there."""
    with closing(sqlite3.connect(data / "vastdash.sqlite3", timeout=PATIENCE_SEC)) as database, database:
        return database.execute(query).fetchall()


def slug_of(server: Server) -> str:
    """The demonstration's endpoint that serves a stored pod."""
    [(slug,)] = rows(server.data, "SELECT slug FROM pipeline_endpoint WHERE source = 'canned'")
    return slug


def ask(
    connection: HTTPConnection, target: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    connection.request(method, target, headers=headers)
    answer = connection.getresponse()
    return answer, answer.read()


def test_a_player_is_served_over_one_connection_and_its_traffic_outlives_the_server(server):
    slug = slug_of(server)
    with closing(HTTPConnection(HOST, server.port, timeout=PATIENCE_SEC)) as connection:
        get, document = ask(connection, f"/vast/{slug}?w=1920&h=1080", Origin="https://player.example")
        assert (get.status, get.getheader("content-type")) == (200, "application/xml; charset=utf-8")
        assert get.getheader("access-control-allow-origin") == "https://player.example"
        assert len(etree.fromstring(document)) > 1
        head, nothing = ask(connection, f"/vast/{slug}?w=1920&h=1080", method="HEAD")
        assert (head.status, nothing) == (200, b"")
        assert head.getheader("content-length") == str(len(document))
        for target, method, status in (
            ("/vast/zzzzzzzzzzzz", "GET", 404),
            (f"/vast/{slug}", "POST", 405),
            (f"/vast/{slug}?{'a' * 9000}", "GET", 414),
        ):
            answer, document = ask(connection, target, method=method)
            assert (answer.status, len(etree.fromstring(document))) == (status, 0)
        debug, _ = ask(connection, f"/vast/{slug}/debug")
        assert (debug.status, debug.getheader("location")[:14]) == (302, "/sign-in/?next")
    server.stop()
    counted = rows(
        server.data, "SELECT outcome, SUM(requests) FROM pipeline_endpointtraffic GROUP BY outcome"
    )
    assert dict(counted) == {"fill": 2, "unusable": 1}
    recorded = rows(server.data, "SELECT outcome FROM pipeline_endpointrequest")
    assert recorded == [("fill",), ("fill",)]


def test_what_another_process_saves_is_served_within_moments(server):
    slug = slug_of(server)
    with closing(HTTPConnection(HOST, server.port, timeout=PATIENCE_SEC)) as connection:
        assert ask(connection, f"/vast/{slug}")[0].status == 200
        rows(
            server.data, "UPDATE pipeline_endpoint SET is_open = 0, updated_at = datetime('now', '+1 second')"
        )
        deadline = time.monotonic() + PATIENCE_SEC
        while ask(connection, f"/vast/{slug}")[0].status != 404:
            assert time.monotonic() < deadline


def test_a_proxy_on_this_machine_names_the_viewer_once_it_is_trusted(tmp_path):
    seen = {}
    for name, trusted in (("strange", ""), ("trusted", "127.0.0.1")):
        data = tmp_path / name
        data.mkdir()
        server = Server(data, {"VASTDASH_TRUSTED_PROXIES": trusted}).start()
        with closing(HTTPConnection(HOST, server.port, timeout=PATIENCE_SEC)) as connection:
            target = f"/vast/{slug_of(server)}"
            headers = {"X-Forwarded-For": "198.51.100.77"}
            connection.request("GET", target, headers=headers)
            assert connection.getresponse().read()
        server.stop()
        [(recorded,)] = rows(data, "SELECT request FROM pipeline_endpointrequest")
        seen[name] = json.loads(recorded).get("device", {}).get("ip")
    assert seen == {"strange": None, "trusted": "198.51.100.0"}
