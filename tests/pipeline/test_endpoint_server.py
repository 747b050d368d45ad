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


FORWARDED = {"X-Forwarded-For": "198.51.100.77"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that trusts a proxy on this machine, and whose endpoint is open."""
    server = Server(tmp_path_factory.mktemp("site"), {"VASTDASH_TRUSTED_PROXIES": HOST}).start()
    yield server
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


def test_a_player_is_served_over_one_connection_and_its_traffic_outlives_the_server(tmp_path):
    server = Server(tmp_path).start()
    slug = slug_of(server)
    with closing(HTTPConnection(HOST, server.port, timeout=PATIENCE_SEC)) as connection:
        get, document = ask(
            connection, f"/vast/{slug}?w=1920&h=1080", Origin="https://player.example", **FORWARDED
        )
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
    recorded = rows(tmp_path, "SELECT outcome, request FROM pipeline_endpointrequest")
    assert [outcome for outcome, _ in recorded] == ["fill", "fill"]
    # A proxy that nobody trusts names no viewer.
    assert [ip_of(request) for _, request in recorded] == [None, None]


def ip_of(request: str) -> str | None:
    """The viewer's address in a recorded bid request."""
    return json.loads(request).get("device", {}).get("ip")


def status_becomes(status: int, connection: HTTPConnection, slug: str) -> bool:
    deadline = time.monotonic() + PATIENCE_SEC
    while ask(connection, f"/vast/{slug}")[0].status != status:
        if time.monotonic() > deadline:
            return False
    return True


def test_what_another_process_saves_is_served_within_moments(server):
    slug = slug_of(server)
    with closing(HTTPConnection(HOST, server.port, timeout=PATIENCE_SEC)) as connection:
        assert ask(connection, f"/vast/{slug}")[0].status == 200
        for is_open, status in ((0, 404), (1, 200)):
            moment = f"datetime('now', '+{1 + is_open} second')"
            rows(server.data, f"UPDATE pipeline_endpoint SET is_open = {is_open}, updated_at = {moment}")
            assert status_becomes(status, connection, slug)


def test_a_proxy_on_this_machine_names_the_viewer_once_it_is_trusted(server):
    with closing(HTTPConnection(HOST, server.port, timeout=PATIENCE_SEC)) as connection:
        assert ask(connection, f"/vast/{slug_of(server)}", **FORWARDED)[0].status == 200
    query = "SELECT request FROM pipeline_endpointrequest WHERE request LIKE '%\"ip\"%'"
    deadline = time.monotonic() + PATIENCE_SEC
    while not (found := rows(server.data, query)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "198.51.100.0" in {ip_of(request) for (request,) in found}
