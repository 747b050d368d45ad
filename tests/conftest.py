"""Wiring of every test: no address beyond this machine, examples that repeat, browser tests only where they can run."""

from __future__ import annotations

import ipaddress
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

BROWSER_TESTS = Path(__file__).parent / "browser"
COUNTS = "counts"
NO_CHROMIUM = "browser tests: no Chromium on this machine (Debian: apt-get install chromium)"


class NetworkRefused(AssertionError):
    """A test tried to reach an address beyond this machine."""


def is_on_this_machine(address: object) -> bool:
    """True for a path (a Unix socket) and for a loopback address or name."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connections and name look-ups beyond loopback fail at once, with the address in the message."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse_beyond(address: object) -> None:
        if not is_on_this_machine(address):
            raise NetworkRefused(f"a test tried to reach {address!r}")

    def guarded_connect(self, address):
        refuse_beyond(address)
        return connect(self, address)

    def guarded_connect_ex(self, address):
        refuse_beyond(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host, *args, **kwargs):
        refuse_beyond((host if isinstance(host, str) else (host or b"").decode(), 0))
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


@pytest.fixture
def count_up(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """`count_up(text)`: a count of what a run over the corpus came to, which is printed at the end of all tests."""
    return lambda text: record_property(COUNTS, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = [
        str(text)
        for report in terminalreporter.getreports("passed")
        for name, text in report.user_properties
        if name == COUNTS
    ]
    if counts:
        terminalreporter.section("counts over the open corpus")
        terminalreporter.write_line("\n".join(sorted(counts)))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Browser tests run in a call of their own, without the Django and asyncio plugins."""
    if collection_path == BROWSER_TESTS and config.pluginmanager.hasplugin("django"):
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("chromium"):
        return
    for item in items:
        if item.path.is_relative_to(BROWSER_TESTS):
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))
