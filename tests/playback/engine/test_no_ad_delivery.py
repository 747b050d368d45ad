"""Error addresses of a request without an ad are told, and have rows of their own (playback.md 3.3)."""

from playback.engine import NoAd, SimulatedTimeProvider, deliver_no_ad, no_ad_ledger
from playback.engine.request.ad_data import ErrorPing
from tests.playback.engine.ads import SINK
from tests.playback.engine.sinks import Client, Sink, never

PINGS = (ErrorPing(f"{SINK}/root?c=[ERRORCODE]", "root", 303), ErrorPing(" about:blank ", "wrapper 1", 303))


async def test_error_addresses_of_a_request_without_an_ad_are_told_with_their_code():
    no_ad = NoAd(303, "nothing", "EMPTY", PINGS, macros={"TRANSACTIONID": "t-1"})
    sink = Sink()
    results = await deliver_no_ad(no_ad, Client(sink), clock=SimulatedTimeProvider())
    assert sink.asked == [f"{SINK}/root?c=303"]
    ledger = no_ad_ledger(no_ad, results)
    assert [(row.origin, row.status, row.attempt_count) for row in ledger] == [
        ("root", "sent", 1), ("wrapper 1", "skipped", 0),
    ]  # fmt: skip


async def test_an_error_address_that_hangs_does_not_hold_up_the_answer():
    clock = SimulatedTimeProvider()
    no_ad = NoAd(303, "nothing", "EMPTY", PINGS[:1])
    (row,) = no_ad_ledger(no_ad, await deliver_no_ad(no_ad, Client(Sink(never)), clock=clock))
    assert (row.status, row.attempt_count, clock.time()) == ("timeout", 1, 5.0)


async def test_a_dry_run_tells_nobody_of_a_missing_ad():
    no_ad = NoAd(303, "nothing", "EMPTY", PINGS)
    sink = Sink()
    results = await deliver_no_ad(no_ad, Client(sink), delivery="dry_run")
    assert (sink.asked, results) == ([], ())
    assert [(row.resolved_url, row.status) for row in no_ad_ledger(no_ad)] == [
        (f"{SINK}/root?c=303", "dry_run"), (None, "skipped"),
    ]  # fmt: skip
