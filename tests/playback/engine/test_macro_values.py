"""What the macros of a session's pixels stand for, and where each value comes from (playback.md 1.4, 3.2, 4.4)."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from playback.engine import AdData, HeadlessPlayer, VastTrackerConfig, macro_table, tracker_config
from playback.engine.delivery.macros import (
    PLAIN,
    client_macros,
    macro_layers,
    macro_values,
    sources_of,
    values_of,
)
from playback.engine.playing.plan import plan_of
from playback.engine.playing.session import PlaybackSession, Tracked
from tests.playback.engine.ads import SINK, ad_of, f30, inline, vast
from tests.playback.engine.sinks import Client, Settings, Sink

SECOND = 1_000_000


async def of(*tracked, ad=None, client=PLAIN, parts=None):
    """The macro values of the last of these instants."""
    ad = ad or await f30()
    player = HeadlessPlayer(None, ad, seed=1)
    plan = replace(player.plan, parts=parts) if parts else player.plan
    player.session.tracked.extend(tracked)
    return macro_values(ad, plan, player.session, tracked[-1], len(tracked) - 1, client)


async def pod():
    """An ad and the parts of a plan that plays it twice, the second time as another ad."""
    ad, other = await f30(), await ad_of(vast(inline(ad_id="a2", sequence=2)))
    (part,) = plan_of(ad, HeadlessPlayer(None, ad, seed=1).config).parts
    return ad, (part, part._replace(ad=other.first, start_us=30 * SECOND))


async def test_the_playhead_is_that_of_the_ad_within_the_pod():
    ad, parts = await pod()
    values = await of(Tracked("midpoint", 45 * SECOND, 50 * SECOND, 1), ad=ad, parts=parts)
    assert values["ADPLAYHEAD"] == "00:00:15.000"
    assert values["PODSEQUENCE"] == "2"
    assert values["TIMESTAMP"].startswith("1970-01-01T00:00:50.000")


async def test_ads_are_counted_as_they_begin():
    ad, parts = await pod()
    instants = (
        Tracked("impression", 0, 0),
        Tracked("complete", 30 * SECOND, 30 * SECOND),
        Tracked("impression", 30 * SECOND, 30 * SECOND, 1),
    )
    assert [(await of(*instants[:n], ad=ad, parts=parts))["ADCOUNT"] for n in (1, 2, 3)] == ["1", "1", "2"]


async def test_the_error_code_is_that_of_the_instant():
    assert (await of(Tracked("error", 0, 0, 0, 405)))["ERRORCODE"] == "405"
    assert "ERRORCODE" not in await of(Tracked("start", 0, 0, 0, 405))


async def test_the_error_code_of_an_older_record_is_the_sessions():
    ad = await f30(media="")
    player = HeadlessPlayer(None, ad, seed=1)
    record = (await player.play()).to_dict()
    record["tracked"] = [row[:3] for row in record["tracked"]]
    stored = HeadlessPlayer(None, ad, session=PlaybackSession.from_dict(record))
    assert [row.resolved_url for row in stored.ledger if row.instant is not None] == [f"{SINK}/err?c=403"]


async def test_V28_verification_code_is_not_supported():
    assert (await of(Tracked("verificationNotExecuted", 0, 0)))["REASON"] == "2"
    assert "REASON" not in await of(Tracked("start", 0, 0))


async def test_M13_the_transaction_of_the_request_goes_on_in_the_pixels():
    ad = await f30(trackers=[("start", f"{SINK}/p?[TRANSACTIONID]", None)])
    asked = AdData(ad.ads, transaction_id="6a7d2f36-0000-4000-8000-000000000001")
    player = HeadlessPlayer(None, asked, seed=1)
    await player.play()
    urls = [row.resolved_url for row in player.ledger if row.event == "start"]
    assert urls == [f"{SINK}/p?6a7d2f36-0000-4000-8000-000000000001"]


async def test_M14_universal_ids_and_the_serving_id_are_the_ads():
    document = vast(inline()).replace(
        "<Linear",
        '<UniversalAdId idRegistry="ad-id.org">A, 1</UniversalAdId><UniversalAdId>B</UniversalAdId><Linear',
    )
    document = document.replace("<Error>", "<AdServingId>s-1</AdServingId><Error>")
    values = await of(Tracked("start", 0, 0), ad=await ad_of(document))
    assert values["UNIVERSALADID"] == ["ad-id.org A, 1", "unknown B"]
    assert (values["ADSERVINGID"], values["CREATIVE_ID"], values["ADID"]) == ("s-1", "c1", "c1")


async def test_the_layers_stand_above_each_other_in_the_order_of_the_book():
    names = "ABCDEF"
    config = VastTrackerConfig(
        static_macros=dict.fromkeys([*names, "CREATIVE_ID", "ADTYPE"], "static"),
        macro_mapping={"mapped": "F", "also": "CREATIVE_ID"},
    )
    own = {"C": "own", "D": "own", "F": "own", "ADTYPE": "own"}
    request = {"D": "request", "e": "request", "fresh": "request", "mapped": "mapped", "also": "mapped"}
    client = client_macros(config, own, request)
    values = await of(Tracked("start", 0, 0), client=client)
    assert {name: values[name] for name in names} == {
        "A": "static", "B": "static", "C": "own", "D": "own", "E": "static", "F": "mapped",
    }  # fmt: skip
    assert (values["fresh"], values["FRESH"]) == ("request", "request")
    assert (values["CREATIVE_ID"], values["ADTYPE"]) == ("c1", "video")


def test_nested_parameters_are_named_by_their_path():
    config = VastTrackerConfig(macro_mapping={"user.geo.city": "CITY", "user.none": "X"})
    request = {"user": {"geo": {"city": "Ulm"}, "none": None, "segments": [1, None, "b"]}, "flag": 0}
    assert dict(client_macros(config, request=request).values) == {
        "SERVERSIDE": "0", "USER_GEO_CITY": "Ulm", "USER_SEGMENTS": ["1", "b"], "flag": "0", "FLAG": "0",
        "CITY": "Ulm",
    }  # fmt: skip


def test_headers_of_the_request_are_macros():
    headers = {"User-Agent": "TV/1", "X-Real-Ip": "198.51.100.7", "Accept": "*/*"}
    values = client_macros(VastTrackerConfig(), headers=headers).values
    assert values == {"SERVERSIDE": "0", "USER_AGENT": "TV/1", "DEVICE_IP": "198.51.100.7"}


@dataclass
class Embed:
    """The part of an embed client that macros come from."""

    macros: dict[str, Any]
    base_params: dict[str, Any] = field(default_factory=dict)
    base_headers: dict[str, str] = field(default_factory=dict)

    def get_macros(self):
        return self.macros


async def test_the_table_of_a_pixel_names_the_source_of_each_value():
    url = f"{SINK}/p?[AD_SERVER]&[PLAYERSIZE]&[CITY]&[WL]&[CACHEBUSTING]&[ADID]&[ASSETURI]&[ERRORCODE]&[IFA]&[OURS]"
    ad = await f30(trackers=[("start", url, None), ("complete", url, None)])
    embed = Embed({"PLAYERSIZE": ["640", "360"]}, {"city": "Ulm", "wl": 5})
    client = Client(Sink(), Settings(tracker_config("leto")), embed_client=embed)
    player = HeadlessPlayer(client, ad, seed=1)
    pending = next(row for row in player.ledger if row.event == "complete")
    before = macro_table(ad, player.plan, player.session, pending, player.delivery)
    await player.play()
    row = next(row for row in player.ledger if row.event == "start")
    table = macro_table(ad, player.plan, player.session, row, player.delivery)
    assert [(found.name, found.source) for found in table] == [
        ("AD_SERVER", "provider"),
        ("PLAYERSIZE", "client"),
        ("CITY", "request"),
        ("WL", "provider mapping"),
        ("CACHEBUSTING", "session"),
        ("ADID", "ad"),
        ("ASSETURI", "ad"),
        ("ERRORCODE", "not of this context: left alone"),
        ("IFA", "unknown (-1)"),
        ("OURS", "no macro of the list: left alone"),
    ]
    assert row.resolved_url == f"{SINK}/p?" + "&".join(found.encoded for found in table)
    assert table[1].encoded == "640,360"
    known_before = [found.source for found in before if not found.source.startswith(("unknown", "no"))]
    assert known_before == ["provider", "client", "request", "provider mapping"]


async def test_values_and_layers_say_the_same():
    ad = await f30()
    player = HeadlessPlayer(None, ad, seed=1)
    session = await player.play()
    for index, tracked in enumerate(session.tracked):
        layers = macro_layers(ad, player.plan, session, tracked, index)
        values = macro_values(ad, player.plan, session, tracked, index)
        assert values_of(layers) == values
        assert sources_of(layers).keys() == values.keys()


@pytest.mark.parametrize("provider", ["yandex", "tiger"])
async def test_M11_a_player_writes_macros_as_its_provider_does(provider):
    ad = await f30(
        trackers=[("start", f"{SINK}/%%AD_SERVER%%/${{AD_SERVER}}/{{AD_SERVER}}/[AD_SERVER]", None)]
    )
    player = HeadlessPlayer(Client(None, Settings(tracker_config(provider))), ad, seed=1)
    await player.play()
    (url,) = [row.resolved_url for row in player.ledger if row.event == "start"]
    assert (
        url
        == {
            "yandex": f"{SINK}/%%AD_SERVER%%/${{AD_SERVER}}/Yandex%20Direct/Yandex%20Direct",
            "tiger": f"{SINK}/%%AD_SERVER%%/AdStream%20Tiger/{{AD_SERVER}}/AdStream%20Tiger",
        }[provider]
    )
