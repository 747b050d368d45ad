"""What a client asks for: parameters, macros, headers, seeds; what becomes of the answer (playback.md 1.6, 3.2)."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from playback.engine import (
    AdData,
    ConfigError,
    EmbedHttpClient,
    NoAd,
    PlaybackSession,
    PlaybackSessionConfig,
    SimulatedTimeProvider,
    VastClient,
    VastClientConfig,
    VastParser,
    VastParserConfig,
    VastTrackerConfig,
    tracker_config,
)
from playback.engine.delivery.tracking_client import tracker_config_of
from tests.playback.engine.ads import SINK, inline, vast
from tests.playback.engine.chains import Web, empty, ids, tags, wrapper

HOST = "http://ads.example.com"
ALL = "t=[TRANSACTIONID]&cb=[CACHEBUSTING]&r=[RANDOM]&ts=[TIMESTAMP]&v=[VASTVERSIONS]&m=[MEDIAMIME]&f=[APIFRAMEWORKS]"


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}


class TestMacros:
    TABLE = {
        "/tag": vast(wrapper(f"/w2?{ALL}", "w1")),
        "/w2": vast(wrapper(f"/last?{ALL}", "w2")),
        "/last": vast(inline()),
    }

    async def test_M13_they_are_expanded_in_the_first_tag_and_in_every_wrapper(self):
        web = Web(self.TABLE)
        answer = await web.request(
            f"{HOST}/tag?{ALL}&ip=%5BDEVICEIP%5D&own=[MYVENDOR]&e=[ERRORCODE]&s=[SERVERSIDE]"
        )
        first, *others = (query(url) for url in web.asked)
        assert (first["ip"], first["s"], first["own"], first["e"]) == ("-1", "0", "[MYVENDOR]", "[ERRORCODE]")
        for asked in (first, *others):
            assert re.fullmatch(r"[0-9]{8}", asked["cb"])
            assert asked["r"] == asked["cb"]
            assert asked["v"] == "2,5,3,6,7,8,11,12,13,14,15,16"
            assert "video/mp4" in asked["m"].split(",")
            assert asked["f"] == "-1"
        assert "," in urlsplit(web.asked[0]).query
        assert answer.transaction_id == first["t"]

    async def test_M13_the_transaction_is_the_same_on_every_hop_and_in_the_ad_and_the_rest_is_not(self):
        web = Web(self.TABLE)
        answer = await web.request(f"{HOST}/tag?{ALL}")
        asked = [query(url) for url in web.asked]
        assert {row["t"] for row in asked} == {answer.transaction_id} == {answer.chain.transaction_id}
        assert str(UUID(answer.transaction_id)) == answer.transaction_id
        assert len({row["cb"] for row in asked}) == 3

    async def test_M02_the_timestamp_is_the_moment_of_the_hop(self):
        web = Web(self.TABLE)
        await web.request(f"{HOST}/tag?{ALL}", clock=SimulatedTimeProvider(start=86_400.25))
        assert query(web.asked[0])["ts"] == "1970-01-02T00:00:00.250+00:00"
        live = Web(self.TABLE)
        await live.request(f"{HOST}/tag?{ALL}")
        moment = datetime.fromisoformat(query(live.asked[0])["ts"])
        assert abs((datetime.now(UTC) - moment).total_seconds()) < 20

    async def test_M13_the_same_seed_asks_the_same_addresses_and_another_one_others(self):
        clock = {"clock": SimulatedTimeProvider(start=1000.0)}
        asked = []
        for seed in (7, 7, 8):
            web = Web(self.TABLE)
            await web.request(f"{HOST}/tag?{ALL}", seed=seed, **clock)
            asked.append(web.asked)
        assert asked[0] == asked[1]
        assert asked[0] != asked[2]

    async def test_two_requests_of_one_client_are_two_transactions(self):
        web = Web(self.TABLE)
        for seed in (7, None):
            client = web.client(f"{HOST}/tag?{ALL}", seed=seed)
            answers = [await client.request_ad() for _ in range(3)]
            assert len({answer.transaction_id for answer in answers}) == 3
            assert len({answer.chain.seed for answer in answers}) == 3

    async def test_a_hop_names_each_macro_with_its_value_and_where_it_came_from(self):
        web = Web({"/tag": vast(inline())})
        url = f"{HOST}/tag?cb=[CACHEBUSTING]&s=[AD_SERVER]&c=[CITY]&i=[IFA]&d=[DOMAIN]&x=[MINE]&e=[UID]"
        answer = await web.request(
            url,
            provider="global",
            params={"city": "Nižni"},
            macros={"IFA": "a b"},
            embed_client=EmbedHttpClient(base_params={"uid": 5}),
        )
        (hop,) = answer.chain.hops
        assert hop.url.startswith(url)
        assert {name: rest for name, *rest in hop.macros} == {
            "CACHEBUSTING": [query(web.asked[0])["cb"], "computed"],
            "AD_SERVER": ["AdStream%20Global", "provider"],
            "CITY": ["Ni%C5%BEni", "request parameter"],
            "IFA": ["a%20b", "configuration"],
            "DOMAIN": ["-1", "unknown"],
            "UID": ["5", "embed client"],
        }
        assert hop.asked_url == web.asked[0]

    async def test_settings_go_over_what_is_computed(self):
        web = Web({"/tag": vast(inline())})
        macros = {"CACHEBUSTING": "12345678", "MEDIAMIME": ["video/mp4", "a,b"], "SERVERSIDE": 2, "IFA": None}
        await web.request(f"{HOST}/tag?c=[CACHEBUSTING]&m=[MEDIAMIME]&s=[SERVERSIDE]&i=[IFA]", macros=macros)
        assert urlsplit(web.asked[0]).query == "c=12345678&m=video%2Fmp4,a%2Cb&s=2&i=-1"

    async def test_D13_two_clients_at_once_do_not_mix_their_macros(self):
        table = {"/tag": vast(wrapper("/a?me=[IFA]&t=[TRANSACTIONID]")), "/a": vast(inline())}
        webs = Web(table), Web(table)
        clients = [
            web.client(macros={"IFA": name}, seed=None)
            for web, name in zip(webs, ("one", "two"), strict=True)
        ]
        first, second = clients
        answers = [await first.request_ad(), await second.request_ad(), await first.request_ad()]
        assert [query(url)["me"] for url in webs[0].asked[1::2]] == ["one", "one"]
        assert [query(url)["me"] for url in webs[1].asked[1::2]] == ["two"]
        assert len({answer.transaction_id for answer in answers}) == 3

    async def test_the_pings_of_a_missing_ad_know_the_transaction(self):
        web = Web({"/tag": empty(f"{SINK}/e?t=[TRANSACTIONID]&c=[ERRORCODE]&v=[VASTVERSIONS]")})
        answer = await web.request()
        # VASTVERSIONS has no business in a tracker.
        assert web.pixels == [f"e?t={answer.chain.transaction_id}&c=303&v=[VASTVERSIONS]"]


class TestRequest:
    async def test_D14_parameters_join_those_the_address_has(self):
        web = Web({"/tag": vast(inline())})
        client = web.client(f"{HOST}/tag?x=1", params={"y": [1, 2], "z": None, "w": "a"})
        await client.request_ad({"w": "b&c"})
        assert web.asked == [f"{HOST}/tag?x=1&y=%5B1%2C2%5D&w=b%26c"]

    async def test_the_device_is_the_same_on_every_hop_and_secrets_stay_with_the_first(self):
        web = Web(tags(2, empty(f"{SINK}/root")))
        client = web.client(headers={"User-Agent": "tv/1", "Authorization": "Bearer secret"})
        await client.request_ad(headers={"X-Device-IP": "198.51.100.7", "user-agent": "tv/2"})
        assert len(web.requests) == 3 + 3
        assert {request.headers["user-agent"] for request in web.requests} == {"tv/2"}
        assert {request.headers["x-device-ip"] for request in web.requests} == {"198.51.100.7"}
        assert [request.headers.get("authorization") for request in web.requests] == ["Bearer secret"] + [
            None
        ] * 5

    async def test_an_embedded_request_is_made_as_it_was_described(self):
        embed = EmbedHttpClient(
            f"{HOST}/tag",
            {"a": "[x]", "raw": "[CACHEBUSTING]"},
            {"X-Device-IP": "198.51.100.7"},
            {"raw": False},
        )
        web = Web({"/tag": vast(inline())})
        client = VastClient.from_embed(embed, transport=web.transport)
        embed.base_params["a"] = "changed"
        assert ids(await client.request_ad({"b": 1})) == ["a1"]
        assert re.fullmatch(rf"{HOST}/tag\?a=%5Bx%5D&raw=[0-9]{{8}}&b=1", web.asked[0])
        assert web.requests[0].headers["x-device-ip"] == "198.51.100.7"

    async def test_the_headers_of_an_answer_are_kept_where_they_tell_something(self):
        headers = [
            ("Content-Type", "application/xml"), ("Server", "ads/1"), ("X-Secret", "s"),
            ("Set-Cookie", "uid=77; Path=/"), ("Set-Cookie", "sid=88"), ("Access-Control-Allow-Origin", "*"),
        ]  # fmt: skip
        web = Web({"/tag": httpx.Response(200, text=vast(inline()), headers=headers)})
        (hop,) = (await web.request()).chain.hops
        kept = dict(hop.headers)
        assert (kept["server"], kept["access-control-allow-origin"]) == ("ads/1", "*")
        assert [value for name, value in hop.headers if name == "set-cookie"] == ["uid", "sid"]
        assert "x-secret" not in kept
        assert (hop.status, hop.size, hop.body) == (200, len(vast(inline())), vast(inline()).encode())

    async def test_a_hop_keeps_what_the_reader_remarked(self):
        (hop,) = (await Web({"/tag": vast(inline(duration="30"))}).request()).chain.hops
        assert [code for code, _ in hop.notices] == ["DURATION_LENIENT"]

    async def test_an_address_that_is_none_is_a_no_ad(self):
        for url in ("", "nowhere", "ftp://ads.example.com/x"):
            answer = await VastClient(url).request_ad()
            assert isinstance(answer, NoAd)
            assert (answer.code, answer.reason) == (300, "url")

    async def test_a_document_that_is_not_to_be_read_is_kept(self):
        web = Web({"/tag": vast(wrapper(f"{HOST}/next"))})
        answer = await web.request(enable_parsing=False)
        assert isinstance(answer, NoAd)
        assert (answer.reason, answer.chain.hops[0].outcome, web.paths) == ("unread", "unread", ["/tag"])
        assert answer.chain.hops[0].body == vast(wrapper(f"{HOST}/next")).encode()

    async def test_an_ad_of_a_document_without_requests_has_no_transaction(self):
        answer = await VastClient.from_xml(vast(inline())).request_ad()
        assert answer.transaction_id == ""
        assert [hop.requested for hop in answer.chain.hops] == [False]


class TestWaysToMakeOne:
    async def test_by_address_mapping_configuration_and_the_old_keys(self):
        web = Web({"/tag": vast(inline())})
        made = [
            VastClient(f"{HOST}/tag", transport=web.transport),
            VastClient.from_uri(f"{HOST}/tag", transport=web.transport),
            VastClient({"url": f"{HOST}/tag"}, transport=web.transport),
            VastClient(
                {"client_url": f"{HOST}/tag", "client_params": {}, "client_headers": {}},
                transport=web.transport,
            ),
            VastClient.from_config(VastClientConfig(url=f"{HOST}/tag"), transport=web.transport),
            VastClient({"url": "http://other.example.com/"}, url=f"{HOST}/tag", transport=web.transport),
        ]
        for client in made:
            async with client:
                assert isinstance(await client.request_ad(), AdData)
        assert web.asked == [f"{HOST}/tag"] * len(made)

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({"urll": "x"}, "urll: unknown field; known: url"),
            ({"url": "a", "client_url": "b"}, "client_url: url is stated twice"),
            ({"url": 5}, "url: must be text"),
            ({"params": [1]}, "params: must be a mapping"),
            ({"headers": {"a": 1}}, "headers.a: must be text"),
            ({"max_wrappers": -1}, "max_wrappers: must be at least 0"),
            ({"max_wrappers": 2.5}, "max_wrappers: must be a whole number"),
            ({"first_timeout_sec": float("nan")}, "first_timeout_sec: must be a number"),
            ({"overall_timeout_sec": True}, "overall_timeout_sec: must be a number"),
            ({"max_bytes": 0}, "max_bytes: must be at least 1"),
            ({"lenient": "yes"}, "lenient: must be true or false"),
            ({"delivery": "later"}, "delivery: unknown delivery 'later'; known: live, sandbox, dry_run"),
            ({"ssl_verify": False}, "ssl_verify: "),
            ({"playback": {"moed": "real"}}, "moed"),
            ({"playback": 3}, "playback: must be a playback configuration"),
            ({"parser": {"strict": True}}, "strict: unknown field"),
            ({"parser": 3}, "parser: must be a parser configuration"),
            ({"tracker": {"time_out": 2}}, "time_out: unknown field; known: macro_formats"),
            ({"tracker": {"timeout": "2"}}, "timeout: '2' is not a number of seconds"),
            ({"tracker": {"at_once": 0}}, "at_once: 0 is not a whole number, at least 1"),
            ({"tracker": {"playback": {"moed": "real"}}}, "moed"),
            ({"tracker": 3}, "tracker: must be a tracker configuration"),
        ],
    )
    def test_a_setting_that_cannot_be_used_is_refused_by_name(self, settings, named):
        with pytest.raises(ConfigError, match=re.escape(named)):
            VastClient(settings)

    def test_an_unknown_keyword_is_refused_by_name(self):
        with pytest.raises(ConfigError, match="wrappers: unknown field"):
            VastClient("http://ads.example.com/", wrappers=3)

    def test_settings_share_nothing_with_what_they_were_made_of(self):
        params = {"a": [1]}
        config = VastClientConfig(params=params)
        params["a"].append(2)
        assert config.params == {"a": [1]}
        assert VastClientConfig.from_dict({"params": {"a": [1]}}) == config
        assert config.evolve(lenient=False).params == {"a": [1]}


class TestParserAndTracker:
    async def test_the_documents_of_every_hop_are_read_by_the_clients_parser(self):
        stray = vast(inline(duration="30")).replace("<AdSystem>T<", "<AdSystem>T & T<")
        web = Web(tags(1, stray))
        assert (await web.request(max_wrappers=1)).code == 100
        mended = await web.request(parser={})
        assert (mended.ad.ad_system, mended.duration_ms) == ("T & T", 30_000)
        assert "MARKUP_REPAIRED" in [notice.code for notice in mended.notices]
        strict = await web.request(parser={"strict_xml": True})
        assert (strict.code, strict.reason) == (101, "STRICT")
        publishers = {"publisher_overrides": {"cinema": {"recover_on_error": False}}}
        assert (await web.request(parser=publishers, publisher="cinema")).code == 100
        assert ids(await web.request(parser=publishers, publisher="other")) == ["a1"]

    async def test_documents_that_declare_no_encoding_are_read_in_the_parsers(self):
        document = vast(inline(ad_id="Ж")).encode("cp1251")
        web = Web({"/tag": httpx.Response(200, content=document)})
        assert (await web.request()).code == 100
        assert ids(await web.request(parser={"encoding": "windows-1251"})) == ["Ж"]

    async def test_a_mapping_of_the_tracker_states_what_differs_from_the_providers(self):
        ad = inline(trackers=[("start", f"{SINK}/p?%%WL%%&[CITY]", None)])
        web = Web({"/tag": vast(ad)})
        client = web.client({"url": f"{HOST}/tag", "tracker": {"static_macros": {"CITY": "Ulm"}}})
        await client.track_event("start")
        leto = web.client(
            tracker={"macro_mapping": {"town": "CITY"}}, provider="leto", params={"town": "Bonn", "wl": 5}
        )
        await leto.track_event("start")
        assert web.pixels == ["p?%25%25WL%25%25&Ulm", "p?5&Bonn"]


class TestPlaying:
    async def test_play_ad_requests_and_plays(self):
        web = Web(tags(1, vast(inline())))
        client = web.client(playback={"mode": "headless"})
        session = await client.play_ad(seed=3)
        assert isinstance(session, PlaybackSession)
        assert (session.status, session.seed) == ("completed", 3)
        assert web.paths == ["/tag", "/last"]

    async def test_an_ad_that_was_requested_is_played_as_it_is(self):
        web = Web(tags(1, vast(inline())))
        client = web.client()
        ad = await client.request_ad()
        session = await client.play_ad(ad, mode="headless", config={"max_session_duration_sec": 5}, seed=1)
        assert session.end_reason == "exceeded_limit"
        assert web.paths == ["/tag", "/last"]

    async def test_a_missing_ad_is_returned_as_it_is(self):
        client = Web({"/tag": 204}).client()
        answer = await client.play_ad()
        assert isinstance(answer, NoAd)
        assert await client.play_ad(answer) is answer
        assert await client.track_event("start") == answer

    async def test_an_event_goes_to_the_tracker_of_the_ad_which_is_requested_once(self):
        web = Web(tags(1, vast(inline(trackers=[("start", f"{SINK}/s?[CITY]", None)]))), default=200)
        client = web.client()
        [start] = await client.track_event("start", {"CITY": "Ulm"})
        await client.track_event("impression")
        assert (start.status, start.url) == ("sent", f"{SINK}/s?Ulm")
        assert web.paths == ["/tag", "/last"]
        assert web.pixels == ["s?Ulm", "imp-w1", "imp1", "imp2"]

    def test_the_playback_configuration_has_the_clients_levels(self):
        client = VastClient("http://t.test/", provider="tiger", playback={"max_session_duration_sec": 9})
        config = client.get_playback_config()
        assert (config.max_session_duration_sec, config.rules[0].probability) == (9, 0.02)
        assert config.provenance["max_session_duration_sec"] == "global"
        other = client.get_playback_config("leto", override={"max_session_duration_sec": 4})
        assert (other.max_session_duration_sec, other.rules[0].probability) == (4, 0.2)
        assert VastClient("http://t.test/").get_playback_config().rules == ()
        with pytest.raises(ConfigError, match="unknown provider 'tigger'"):
            client.get_playback_config("tigger")

    def test_the_clients_publisher_is_looked_up_where_publishers_are_given(self):
        client = VastClient("http://t.test/", publisher="p1")
        assert client.get_playback_config().mode == "auto"
        assert client.get_playback_config(publishers={"p1": {"mode": "real"}}).mode == "real"
        with pytest.raises(ConfigError, match="publisher"):
            client.get_playback_config(publishers={})

    def test_the_trackers_playback_is_the_global_level_where_the_client_has_none(self):
        tracker = VastTrackerConfig(playback=PlaybackSessionConfig(max_session_duration_sec=7))
        client = VastClient("http://t.test/", tracker=tracker)
        assert client.get_playback_config().max_session_duration_sec == 7
        both = VastClient("http://t.test/", tracker=tracker, playback={"max_session_duration_sec": 9})
        assert both.get_playback_config().max_session_duration_sec == 9

    async def test_an_ad_is_played_under_the_trackers_playback(self):
        tracker = {"playback": {"mode": "headless", "max_session_duration_sec": 7}}
        client = Web({"/tag": vast(inline())}).client(tracker=tracker)
        session = await client.play_ad()
        assert (session.config.mode, session.end_reason) == ("headless", "exceeded_limit")


class TestTrackerAsAMapping:
    def test_it_goes_over_the_shipped_one_of_the_provider(self):
        client = VastClient({"url": "http://t.test/", "provider": "leto", "tracker": {"timeout": 2}})
        assert tracker_config_of(client) == tracker_config("leto", timeout=2)
        plain = VastClient("http://t.test/", tracker={"timeout": 2})
        assert tracker_config_of(plain) == VastTrackerConfig(timeout=2)

    @pytest.mark.parametrize(
        ("tracker", "message"),
        [
            ({"timeuot": 2}, "timeuot: unknown field"),
            ({"timeout": -1}, "timeout"),
            ({"playback": {"mood": "real"}}, "mood: unknown field"),
            ("fast", "tracker: must be a tracker configuration"),
        ],
    )
    @pytest.mark.parametrize("provider", ["generic", "tiger"])
    def test_what_it_cannot_be_is_refused_by_name(self, tracker, message, provider):
        with pytest.raises(ConfigError, match=message):
            VastClient("http://t.test/", provider=provider, tracker=tracker)


class TestParser:
    XPATHS = {
        "custom_xpaths": {"titles": "//AdTitle"},
        "publisher_overrides": {"p1": {"custom_xpaths": {"ids": "//Ad/@id"}}},
    }

    @pytest.mark.parametrize("as_stated", [dict, VastParserConfig.from_dict, VastParser])
    async def test_documents_are_read_by_the_clients_own_parser(self, as_stated):
        client = Web({"/tag": vast(inline())}).client(parser=as_stated(self.XPATHS))
        chain = (await client.request_ad()).chain
        assert client.parser.parse_vast(chain.hops[0].body)["custom"] == {"titles": ["a1"]}

    def test_the_clients_publisher_has_its_overrides(self):
        client = VastClient("http://t.test/", parser=self.XPATHS, publisher="p1")
        assert client.parser.parse_vast(vast(inline()))["custom"] == {"titles": ["a1"], "ids": ["a1"]}

    @pytest.mark.parametrize(
        ("parser", "message"), [({"ad_sistem": "x"}, "ad_sistem: unknown field"), ("lxml", "parser: must be")]
    )
    def test_what_cannot_be_one_is_refused_by_name(self, parser, message):
        with pytest.raises(ConfigError, match=message):
            VastClient("http://t.test/", parser=parser)
