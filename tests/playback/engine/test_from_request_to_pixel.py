"""The whole way, from a client's tag to the pixels that are called: acceptance cases of playback.md 5.8 and 5.9.

Tags and pixels are answered by a transport without sockets; the real player is on a driven clock.
"""

import re
from uuid import UUID

import httpx
import pytest

from playback.engine import (
    AdData,
    HeadlessPlayer,
    NoAd,
    SimulatedTimeProvider,
    VastClient,
    VastPlayer,
    VastTrackerConfig,
)
from tests.ad_server import PIXEL, AdServer, self_signed
from tests.playback.engine.ads import F30_TRACKERS, MP4, SINK, brief, inline, play_with, script, vast
from tests.playback.engine.chains import Web, empty, tags, wrapper

HOST = "http://ads.example.com"
F30 = [
    "imp1", "imp2", "cv", "start1", "start2", "p10pc", "p5500", "q1", "q2", "q3", "done",
]  # fmt: skip


def web_of(table):
    return Web(table, default=200)


def with_linear(ad, linear="", more=""):
    """A wrapper with a linear, and what stands beside its creatives."""
    creatives = f"<Creatives><Creative><Linear>{linear}</Linear></Creative></Creatives>"
    return ad.replace("</Wrapper>", f"{creatives}{more}</Wrapper>")


async def watched(web, viewer=None, config=None, *, kind=VastPlayer, source=f"{HOST}/tag", **settings):
    """The player of the tag's ad once everything is over."""
    client = web.client(source, **settings)
    ad = await client.request_ad()
    assert isinstance(ad, AdData), ad
    player = kind(client, ad, config, seed=1, time_provider=SimulatedTimeProvider())
    await (play_with(player, viewer) if viewer else player.play())
    await client.close()
    return player


def started(web):
    """The pixels of begins, ends and errors, in order."""
    return [name for name in web.pixels if name.startswith(("imp", "complete", "err"))]


async def test_V02_the_fixture_calls_every_tracker_once_in_order_in_any_namespace():
    plain = vast(inline())
    prefixed = re.sub(r"<(/?)([A-Z])", r"<\1v:\2", plain).replace("<v:VAST", '<v:VAST xmlns:v="urn:v"', 1)
    for document in (plain, prefixed, plain.replace("<VAST", '<VAST xmlns="http://www.iab.com/VAST"', 1)):
        web = web_of({"/tag": document})
        player = await watched(web)
        assert web.pixels == F30
        assert {row.status for row in player.ledger if row.attempts} == {"sent"}


async def test_V04_a_pod_out_of_order_is_played_in_order_each_ad_with_its_own_trackers():
    pod = vast(*(brief(name, sequence=n) for n, name in ((3, "C"), (1, "A"), (2, "B"))))
    web = web_of({"/tag": pod})
    await watched(web)
    ad = ("imp", "start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
    assert web.pixels == [f"{event}{name}" for name in "ABC" for event in ad]


async def test_V05_403_for_the_second_ad_the_stand_alone_ad_takes_its_place_then_the_third():
    pod = vast(brief("S"), brief("C", sequence=3), brief("B", sequence=2, media=""), brief("A", sequence=1))
    web = web_of({"/tag": pod})
    await watched(web)
    assert started(web) == [
        "impA", "completeA", "errB?c=403", "impS", "completeS", "impC", "completeC",
    ]  # fmt: skip


async def test_V11_of_a_pod_and_a_stand_alone_ad_below_a_wrapper_only_the_latter_is_played():
    answer = vast(brief("B", sequence=2), brief("A", sequence=1), brief("S"))
    web = web_of(tags(1, answer))
    await watched(web)
    assert started(web) == ["imp-w1", "impS", "completeS"]
    several = web_of(tags(1, answer, allowMultipleAds=True))
    await watched(several)
    assert started(several) == ["imp-w1", "impA", "completeA", "imp-w1", "impB", "completeB"]


async def test_V13_the_wrapper_hears_303_and_the_stand_alone_ad_of_its_document_is_played():
    web = web_of({"/tag": vast(wrapper(f"{HOST}/none", fallbackOnNoAd=True), brief("S")), "/none": empty()})
    player = await watched(web)
    assert started(web) == ["err-w?c=303", "impS", "completeS"]
    assert player.session.status == "completed"


async def test_V14_in_a_pod_without_fallback_the_next_ad_is_played():
    pod = vast(wrapper(f"{HOST}/none", sequence=1, fallbackOnNoAd=False), brief("B", sequence=2), brief("S"))
    web = web_of({"/tag": pod, "/none": 204})
    await watched(web)
    assert started(web) == ["err-w?c=303", "impB", "completeB"]


CLICKS = (
    "<VideoClicks><ClickThrough>http://shop.test/{0}</ClickThrough>"
    f"<ClickTracking>{SINK}/click{{0}}</ClickTracking></VideoClicks>"
)


@pytest.mark.parametrize(
    ("levels", "page"),
    [({"w1": "w1", "own": "own"}, "own"), ({"w1": "w1", "w2": "w2"}, "w2")],
    ids=["InLine and W1", "only W1 and W2"],
)
async def test_V20_D10_a_click_opens_the_nearest_page_and_calls_every_levels_trackers_once(levels, page):
    clicks = {name: CLICKS.format(name) for name in levels}
    web = web_of(
        {
            "/tag": vast(with_linear(wrapper(f"{HOST}/w2", "w1"), clicks.get("w1", ""))),
            "/w2": vast(with_linear(wrapper(f"{HOST}/last", "w2"), clicks.get("w2", ""))),
            "/last": vast(inline(clicks=clicks.get("own", ""))),
        }
    )
    viewer = script((3, "click"))
    await watched(web, viewer)
    assert viewer.answers == [f"http://shop.test/{page}"]
    assert [name for name in web.pixels if name.startswith("click")] == [f"click{name}" for name in levels]
    assert not [request for request in web.requests if request.url.host == "shop.test"]


BOMB = '<!DOCTYPE VAST [<!ENTITY a "aaaaaaaaaa">{}]><VAST version="3.0">&z;</VAST>'.format(
    "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(25))
)
EXTERNAL = '<!DOCTYPE VAST [<!ENTITY x SYSTEM "{}">]><VAST version="3.0"><Ad id="&x;"/></VAST>'


@pytest.mark.parametrize(
    "document",
    [BOMB, EXTERNAL.format("file:///etc/hostname"), EXTERNAL.format(f"{HOST}/secret")],
    ids=["entity bomb", "a file", "an address"],
)
async def test_V22_documents_that_declare_entities_are_100_and_nothing_they_name_is_read(document):
    web = web_of({"/tag": vast(wrapper(f"{HOST}/evil")), "/evil": document})
    answer = await web.request()
    assert isinstance(answer, NoAd)
    assert (answer.code, web.paths, web.pixels) == (100, ["/tag", "/evil"], ["err-w?c=100"])


async def test_V23_a_vast_4_ad_below_wrappers_of_2_and_3_is_played_with_both():
    web = web_of(
        {
            "/tag": vast(wrapper(f"{HOST}/w2", "w1"), version="2.0"),
            "/w2": vast(wrapper(f"{HOST}/last", "w2"), version="3.0"),
            "/last": vast(inline(), version="4.2"),
        }
    )
    player = await watched(web)
    assert web.pixels == ["imp-w1", "imp-w2", *F30]
    assert player.session.status == "completed"


VPAID = (
    '<MediaFile delivery="progressive" type="application/javascript" apiFramework="VPAID">x.js</MediaFile>'
)


@pytest.mark.parametrize("media", ["", VPAID], ids=["no file", "VPAID alone"])
async def test_V25_V26_M04_without_a_playable_file_only_403_is_told_at_every_level(media):
    web = web_of(tags(1, vast(inline(media=media))))
    player = await watched(web)
    assert sorted(web.pixels) == ["err-w1?c=403", "err?c=403"]
    assert (player.session.status, player.session.error_code) == ("error", 403)


async def test_V26_M04_beside_vpaid_the_mp4_plays_and_its_impression_carries_no_error_code():
    ad = inline(media=VPAID + MP4.format(url=f"{SINK}/v.mp4"), impressions=[f"{SINK}/i?e=[ERRORCODE]"])
    web = web_of({"/tag": vast(ad)})
    await watched(web)
    assert web.pixels[0] == "i?e=[ERRORCODE]"
    assert web.pixels[-1] == "done"


def verifications(name):
    event = f'<Tracking event="verificationNotExecuted">{SINK}/not-{name}?r=[REASON]</Tracking>'
    return (
        f'<AdVerifications><Verification vendor="{name}"><TrackingEvents>{event}</TrackingEvents>'
        "</Verification></AdVerifications>"
    )


async def test_V28_the_verifications_of_wrapper_and_ad_both_hear_of_reason_2():
    web = web_of(
        {
            "/tag": vast(with_linear(wrapper(f"{HOST}/last", "w1"), more=verifications("w1"))),
            "/last": vast(inline(more=verifications("own"))),
        }
    )
    await watched(web)
    assert [name for name in web.pixels if name.startswith("not-")] == ["not-w1?r=2", "not-own?r=2"]


async def test_V29_of_the_three_kinds_of_viewability_exactly_one_is_called():
    kinds = ("Viewable", "NotViewable", "ViewUndetermined")
    shown = "".join(f"<{kind}>{SINK}/{kind}</{kind}>" for kind in kinds)
    web = web_of({"/tag": vast(inline(more=f"<ViewableImpression>{shown}</ViewableImpression>"))})
    await watched(web)
    assert [name for name in web.pixels if name in kinds] == ["ViewUndetermined"]


async def test_M05_M07_M08_M14_macros_reach_the_sink_encoded_and_from_the_chosen_ad():
    address = (
        f"{SINK}/p?page=[PAGEURL]&own=[MYVENDOR]&state=[PLAYERSTATE]"
        "&uid=[UNIVERSALADID]&asset=[ASSETURI]&serving=[ADSERVINGID]&pod=[PODSEQUENCE]"
    )
    first, second = (
        inline(ad_id=name, sequence=n, trackers=[("start", address.replace("/p?", f"/{name}?"), None)])
        .replace("<Linear", f'<UniversalAdId idRegistry="r">{name}</UniversalAdId><Linear', 1)
        .replace("<Error>", f"<AdServingId>s-{name}</AdServingId><Error>", 1)
        for n, name in ((1, "A"), (2, "B"))
    )
    web = web_of({"/tag": vast(second, first)})
    await watched(web, macros={"PAGEURL": "a&b=c/д", "PLAYERSTATE": ["muted", "fullscreen"]})
    assert [name for name in web.pixels if name.startswith(("A?", "B?"))] == [
        f"{name}?page=a%26b%3Dc%2F%D0%B4&own=[MYVENDOR]&state=muted,fullscreen"
        f"&uid=r%20{name}&asset=http%3A%2F%2Ft.test%2Fv.mp4&serving=s-{name}&pod={number}"
        for number, name in ((1, "A"), (2, "B"))
    ]


@pytest.mark.parametrize(
    ("provider", "parameter", "expected"),
    [
        ("leto", "city", "a=Ulm&b=Ulm&c=$%7BCITY%7D&s=Leto"),
        ("google", "city", "a=Ulm&b=Ulm&c=$%7BCITY%7D&s=Google%20AdSense"),
        ("tiger", "city_name", "a=%25%25CITY%25%25&b=Ulm&c=Ulm&s=AdStream%20Tiger"),
        ("yandex", "city", "a=%25%25CITY%25%25&b=Ulm&c=$%7BCITY%7D&s=Yandex%20Direct"),
    ],
)
async def test_M10_M11_macros_are_written_as_the_provider_of_the_client_writes_them(
    provider, parameter, expected
):
    address = f"{SINK}/p?a=%%CITY%%&b=[CITY]&c=${{CITY}}&s=[AD_SERVER]"
    web = web_of({"/tag": vast(inline(trackers=[("start", address, None)]))})
    player = await watched(web, provider=provider, params={parameter: "Ulm"})
    (row,) = [row for row in player.ledger if row.event == "start"]
    plain = expected.replace("%25%25", "%%").replace("%7B", "{").replace("%7D", "}")
    assert row.resolved_url == f"{SINK}/p?{plain}"
    assert web.pixels[-1].replace("%7B", "{").replace("%7D", "}").replace("%25", "%") == f"p?{plain}"


async def test_M13_the_transaction_is_one_from_the_first_tag_to_the_last_pixel():
    asked = "t=[TRANSACTIONID]"
    web = web_of(
        {
            "/tag": vast(wrapper(f"{HOST}/last?{asked}")),
            "/last": vast(
                inline(
                    impressions=[f"{SINK}/i?{asked}"], trackers=[("complete", f"{SINK}/done?{asked}", None)]
                )
            ),
        }
    )
    player = await watched(web, source=f"{HOST}/tag?{asked}")
    found = [request.url.params["t"] for request in web.requests if "t" in request.url.params]
    assert len(found) == 4
    assert set(found) == {player.ad_data.transaction_id}
    assert str(UUID(found[0])) == found[0]


async def test_M01_M02_the_first_tag_has_eight_digits_and_a_moment_with_its_zone():
    web = web_of(
        {"/tag": vast(inline(trackers=[("start", f"{SINK}/s?cb=[CACHEBUSTING]&ts=[TIMESTAMP]", None)]))}
    )
    await watched(web, source=f"{HOST}/tag?cb=[CACHEBUSTING]&ts=[TIMESTAMP]")
    pixel = next(request for request in web.requests if request.url.path == "/s")
    for request in (web.requests[0], pixel):
        assert re.fullmatch("[0-9]{8}", request.url.params["cb"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", request.url.params["ts"])


async def test_D01_start_told_twice_by_the_caller_of_a_client_is_sent_once():
    web = web_of({"/tag": vast(inline())})
    client = web.client()
    for _ in range(2):
        await client.track_event("start")
    assert web.pixels == ["start1", "start2"]


async def test_D04_D05_a_failing_tracker_is_one_attempt_and_three_where_retries_are_asked_for():
    answers = iter([500, 500, 200])
    table = {
        "/tag": vast(inline(trackers=[("start", f"{SINK}/s?[CACHEBUSTING]", None)])),
        "/imp1": 500,
    }
    web = web_of(table)
    player = await watched(web)
    row = next(row for row in player.ledger if row.url.endswith("imp1"))
    assert (row.status, row.attempt_count, row.http_status) == ("failed", 1, 500)
    assert player.session.status == "completed"

    web = web_of({**table, "/imp1": 200, "/s": lambda _: httpx.Response(next(answers))})
    settings = {"retry_on_error": True, "max_retries": 2, "retry_delay": 0.001}
    player = await watched(web, tracker=settings)
    row = next(row for row in player.ledger if row.event == "start")
    assert (row.status, [attempt.http_status for attempt in row.attempts]) == ("sent", [500, 500, 200])
    assert len({name for name in web.pixels if name.startswith("s?")}) == 1


async def test_D07_what_is_no_web_address_is_never_requested():
    written = ["about:blank", "", "javascript:x", "ftp://x/"]
    web = web_of({"/tag": vast(inline(impressions=written, trackers=[("complete", "done", None)]))})
    player = await watched(web)
    assert web.pixels == ["done"]
    skipped = {row.url: row for row in player.ledger if row.status == "skipped"}
    assert set(skipped) == {"about:blank", "javascript:x", "ftp://x/"}
    assert all(row.reason and not row.attempts for row in skipped.values())


async def test_D08_a_dry_run_asks_for_its_tag_and_for_nothing_else():
    web = web_of({"/tag": vast(inline())})
    player = await watched(web, kind=HeadlessPlayer)
    assert [request.url.path for request in web.requests] == ["/tag"]
    due = [row for row in player.ledger if row.status == "dry_run"]
    assert [row.resolved_url for row in due] == [f"{SINK}/{name}" for name in F30]
    assert len(player.ledger) == len(F30_TRACKERS) + 2 + 1


async def test_D11_a_sink_with_a_certificate_nobody_vouches_for_is_a_tls_failure(tmp_path):
    context, certificate = self_signed(tmp_path)
    async with AdServer(default=PIXEL, tls=context) as sink, AdServer() as server:
        server.table["/tag"] = vast(inline(impressions=[sink.url("/imp")], trackers=[]))

        async def impression(**settings):
            async with VastClient(server.url("/tag"), **settings) as client:
                ad = await client.request_ad()
                player = VastPlayer(client, ad, seed=1, time_provider=SimulatedTimeProvider())
                await player.play()
            return next(row for row in player.ledger if row.event == "impression")

        refused = await impression(tracker={"drain_timeout": 60, "timeout": 60})
        assert (refused.status, refused.attempts[0].failure) == ("failed", "tls")
        assert sink.paths == []
        assert (await impression(ssl_verify={"127.0.0.1": str(certificate)})).status == "sent"


async def test_D13_two_players_at_once_keep_the_values_of_their_clients_apart():
    address = f"{SINK}/s?c=[CITY]&t=[TRANSACTIONID]"
    webs = {
        city: web_of({"/tag": vast(inline(trackers=[("start", address, None)]))}) for city in ("Bonn", "Ulm")
    }
    for city, web in webs.items():
        await watched(web, tracker=VastTrackerConfig(static_macros={"CITY": city}), seed=len(city))
    asked = {city: next(name for name in web.pixels if name.startswith("s?")) for city, web in webs.items()}
    assert asked["Bonn"].startswith("s?c=Bonn&t=")
    assert asked["Ulm"].startswith("s?c=Ulm&t=")


async def test_D14_parameters_join_those_of_the_address():
    web = web_of({"/p": vast(inline())})
    await watched(web, source="http://h.example/p?x=1", params={"y": [1, 2], "z": None})
    assert str(web.requests[0].url) == "http://h.example/p?x=1&y=%5B1%2C2%5D"
