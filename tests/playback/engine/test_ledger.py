"""The delivery ledger: every tracker once, with what became of it (playback.md 4.9, 5.9)."""

import re
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from playback.engine import (
    DeliveryUnavailable,
    HeadlessPlayer,
    PlaybackSession,
    PlayerFactory,
    SimulatedTimeProvider,
    VastPlayer,
)
from playback.engine.request.ad_data import AdData
from tests.playback.engine.ads import F30_TRACKERS, SINK, ad_of, f30, inline, play_with, rule, vast


async def played(ad, config=None, **options):
    player = HeadlessPlayer(None, ad, config, **{"seed": 1, **options})
    await player.play()
    return player


def rows_of(player, event):
    return [row for row in player.ledger if row.event == event]


async def urls(template, event="start", **options):
    player = await played(await f30(trackers=[(event, template, None)]), **options)
    return [row.resolved_url for row in rows_of(player, event)]


async def test_every_tracker_of_the_ad_has_one_row_before_during_and_after():
    expected = sorted([f"{SINK}/{path}" for _, path, _ in F30_TRACKERS] + [f"{SINK}/imp1", f"{SINK}/imp2"])
    ad = await f30()

    async def viewer(player):
        await player.time_provider.sleep(9)
        during.extend(player.ledger)

    during = []
    player = HeadlessPlayer(None, ad, seed=1)
    before = player.ledger
    await play_with(player, viewer)
    for ledger in (before, during, player.ledger):
        assert sorted(row.url for row in ledger if row.event != "error") == expected
    assert {row.status for row in before} == {"pending", "not_reached"}
    assert {row.event: row.status for row in during}["firstQuartile"] == "dry_run"
    assert {row.event: row.status for row in during}["midpoint"] == "pending"
    assert "pending" not in {row.status for row in player.ledger}


async def test_rows_never_reached_say_why():
    player = await played(await f30(), {"interruption_rules": {"midpoint": rule(1, 12, 12)}})
    reasons = {row.event: row.reason for row in player.ledger if row.status == "not_reached"}
    assert reasons == {
        "midpoint": "interrupted at 12 s: user_close",
        "thirdQuartile": "interrupted at 12 s: user_close",
        "complete": "interrupted at 12 s: user_close",
        "pause": "the viewer did not pause",
        "resume": "the viewer did not resume",
        "skip": "the viewer did not skip",
        "error": "no error occurred",
    }
    assert {row.event: row.due_ms for row in player.ledger}["midpoint"] == 15_000.0


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"max_session_duration_sec": 5}, "the session limit was reached at 5 s"),
        (
            {"interruption_rules": {"start": rule(1, 3, 3, reason="app_crash")}},
            "interrupted at 3 s: app_crash",
        ),
    ],
)
async def test_an_early_end_is_the_reason_for_what_follows(config, reason):
    player = await played(await f30(), config)
    assert {row.reason for row in rows_of(player, "complete")} == {reason}


async def test_a_crashed_app_sends_not_even_an_error():
    player = await played(await f30(), {"interruption_rules": {"start": rule(1, 3, 3, reason="app_crash")}})
    assert [row.reason for row in rows_of(player, "error")] == ["a crashed app sends nothing"]


async def test_a_stop_is_the_reason_for_what_follows():
    async def leave(player):
        await player.time_provider.sleep(2.5)
        player.stop()

    player = HeadlessPlayer(None, await f30(), seed=1)
    await play_with(player, leave)
    assert {row.reason for row in rows_of(player, "complete")} == {"stopped at 2.5 s"}


async def test_events_a_headless_viewer_never_causes_say_so():
    trackers = [
        (name, name, None) for name in ("mute", "fullscreen", "notUsed", "acceptInvitation", "midPoint")
    ]
    player = await played(await f30(trackers=trackers))
    reasons = {row.event: row.reason for row in player.ledger if row.reason}
    assert reasons["mute"] == "the viewer did not mute"
    assert reasons["notUsed"] == "the ad was used"
    assert reasons["midPoint"].startswith("not an event")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("about:blank", "about:blank asks for nothing"),
        ("javascript:alert(1)", "javascript: is no web address"),
        ("ftp://x.test/p", "ftp: is no web address"),
        ("/pixel?x=1", "the address is empty or relative"),
        ("http:///p", "the address names no host"),
        ("http://[oops/p", "the address cannot be read"),
    ],
)
async def test_D07_placeholders_are_skipped_with_the_reason(url, reason):
    player = await played(await f30(trackers=[("start", url, None)]))
    (row,) = rows_of(player, "start")
    assert (row.status, row.reason, row.resolved_url) == ("skipped", reason, None)


async def test_D07_an_address_without_scheme_is_asked_over_https():
    assert await urls("//h.test/p?x=[ADTYPE]") == ["https://h.test/p?x=video"]


async def test_D01_a_tracker_of_once_is_due_once_and_duplicates_in_the_document_stay():
    player = await played(await f30(trackers=[("start", "same", None), ("start", "same", None)]))
    assert [row.status for row in rows_of(player, "start")] == ["dry_run", "dry_run"]


async def test_D08_a_dry_run_has_every_address_resolved():
    player = await played(await f30())
    due = [row for row in player.ledger if row.status == "dry_run"]
    assert len(due) == 11
    assert all(row.resolved_url.startswith("http://t.test/") for row in due)
    assert set(due[0].to_dict()) == {
        "event", "url", "resolved_url", "origin", "due_ms", "clock_ms", "status", "reason",
        "sent_ms", "attempts", "attempt_count", "http_status", "received", "delay_ms", "verdict", "instant", "part",
    }  # fmt: skip


@pytest.mark.parametrize("delivery", ["", "dry run", "Live", "sandbox", "live"])
@pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])
async def test_a_delivery_that_does_not_exist_or_lacks_its_means_is_refused_by_name(kind, delivery):
    with pytest.raises(DeliveryUnavailable, match=re.escape(repr(delivery))):
        kind(None, await f30(), delivery=delivery)


async def test_M01_cachebusting_is_eight_digits_and_belongs_to_the_seed():
    ad = await f30(trackers=[("start", f"{SINK}/p?cb=[CACHEBUSTING]", None)])
    values = set()
    for seed in range(1000):
        (row,) = rows_of(await played(ad, seed=seed), "start")
        value = row.resolved_url.partition("cb=")[2]
        assert re.fullmatch("[0-9]{8}", value)
        values.add(value)
    assert len(values) > 990
    assert rows_of(await played(ad, seed=999), "start") == [row]


async def test_M02_the_timestamp_is_iso_with_milliseconds_and_zone():
    clock = SimulatedTimeProvider(start=5)
    (url,) = await urls(f"{SINK}/p?ts=[TIMESTAMP]", event="midpoint", time_provider=clock)
    text = url.partition("ts=")[2].replace("%3A", ":").replace("%2B", "+")
    assert text == "1970-01-01T00:00:15.000+00:00"
    assert datetime.fromisoformat(text).tzinfo is not None


async def test_M04_the_error_code_belongs_to_error_addresses_only():
    player = await played(await f30(media="", impressions=[f"{SINK}/i?e=[ERRORCODE]"]))
    assert [row.resolved_url for row in rows_of(player, "error")] == [f"{SINK}/err?c=403"]
    fine = await played(await f30(impressions=[f"{SINK}/i?e=[ERRORCODE]"]))
    (row,) = rows_of(fine, "impression")
    assert "403" not in row.resolved_url


async def test_M14_the_ads_own_facts_fill_their_macros():
    player = await played(
        await ad_of(
            vast(
                inline(
                    sequence=2,
                    trackers=[
                        (
                            "midpoint",
                            f"{SINK}/p?a=[ASSETURI]&s=[PODSEQUENCE]&h=[ADPLAYHEAD]&x=[MYVENDOR]",
                            None,
                        )
                    ],
                )
            )
        )
    )
    (row,) = rows_of(player, "midpoint")
    assert row.resolved_url == f"{SINK}/p?a=http%3A%2F%2Ft.test%2Fv.mp4&s=2&h=00%3A00%3A15.000&x=[MYVENDOR]"


async def test_M13_the_transaction_is_one_uuid_per_seed():
    template = f"{SINK}/p?t=[TRANSACTIONID]"
    (first,), (again,), (other,) = await urls(template), await urls(template), await urls(template, seed=2)
    assert first == again != other
    assert UUID(first.partition("t=")[2]).version == 4


async def test_trackers_of_wrappers_come_first_and_carry_their_level():
    inner, outer = await f30(), await f30(impressions=[f"{SINK}/w"], trackers=[("start", "wstart", None)])
    ad = AdData((replace(inner.first, wrappers=(outer.ad,)),))
    player = await played(ad)
    assert [(row.origin, row.url.strip()) for row in rows_of(player, "impression")] == [
        ("wrapper 1", f"{SINK}/w"), ("InLine", f"{SINK}/imp1"), ("InLine", f"{SINK}/imp2"),
    ]  # fmt: skip
    assert [row.origin for row in rows_of(player, "start")] == ["wrapper 1", "InLine", "InLine"]


async def test_a_stored_session_has_the_same_ledger():
    ad = await f30()
    player = await played(ad, {"interruption_rules": {"start": rule(1, 2, 9)}})
    stored = PlaybackSession.from_dict(player.session.to_dict())
    assert PlayerFactory.create(None, ad, session=stored).ledger == player.ledger


@pytest.mark.parametrize("event", ["impression", "error", "click"])
async def test_an_event_with_an_element_of_its_own_never_fires_from_a_tracking_element(event):
    for media in ({}, {"media": ""}):
        player = await played(await f30(trackers=[(event, "wrongplace", None)], **media))
        (row,) = [row for row in player.ledger if row.url.endswith("wrongplace")]
        assert (row.status, row.reason) == ("not_reached", "not an event of any VAST version: it never fires")


async def test_an_ad_of_unknown_length_has_no_due_times():
    player = await played(await f30(duration=None))
    assert {row.due_ms for row in player.ledger if row.status == "not_reached"} == {None}
