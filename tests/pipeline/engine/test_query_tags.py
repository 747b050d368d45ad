"""Tags as ad servers and players send them (pipeline.md §2.3), and the rules of §2.1 that need several parameters."""

import pytest

from tests.pipeline.engine.query import asked, codes, request, video

PROTOCOLS = [2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16]


def test_an_empty_line_asks_for_one_video_and_nothing_else() -> None:
    given, notices = asked("")
    assert given == {
        "id": "req-1",
        "imp": [{"id": "1", "video": {"mimes": ["video/mp4"], "protocols": PROTOCOLS}}],
    }
    assert not notices


def test_a_connected_tv_tag_of_springserve() -> None:
    given, notices = asked(
        "w=1920&h=1080&cb=8821&ip=198.51.100.7&ua=Mozilla%2F5.0%20(Linux%3B%20Tizen%206.0)&app_bundle=com.example.tv"
        "&app_name=Example%20TV&url=Example%20TV&did=6f1d3a6e-5f0d-4a57-9f7c-1f2f3a4b5c6d&ifa_type=vida&lmt=0"
        "&us_privacy=1YNN&pod_max_dur=120&pod_ad_slots=4&content_id=ep-1&rating=TV-14&content_genre=drama"
        "&channel_name=Example+One&network_name=Example+Net&content_livestream=0&lat=52.52&lon=13.405"
        "&schain=1.0,1!example.com,1234,1,,,"
    )
    assert not notices
    assert given == {
        "id": "req-1",
        "imp": [
            {
                "id": "1",
                "video": {
                    "w": 1920,
                    "h": 1080,
                    "poddur": 120,
                    "maxseq": 4,
                    "mimes": ["video/mp4"],
                    "protocols": PROTOCOLS,
                },
            }
        ],
        "app": {
            "bundle": "com.example.tv",
            "name": "Example TV",
            "content": {
                "id": "ep-1",
                "genre": "drama",
                "contentrating": "TV-14",
                "livestream": 0,
                "channel": {"name": "Example One"},
                "network": {"name": "Example Net"},
            },
        },
        "device": {
            "ua": "Mozilla/5.0 (Linux; Tizen 6.0)",
            "ifa": "6f1d3a6e-5f0d-4a57-9f7c-1f2f3a4b5c6d",
            "ext": {"ifa_type": "vida"},
            "lmt": 0,
            "geo": {"lat": 52.52, "lon": 13.405},
            "ip": "198.51.100.7",
        },
        "regs": {"us_privacy": "1YNN"},
        "source": {
            "schain": {"complete": 1, "nodes": [{"asi": "example.com", "sid": "1234", "hp": 1}], "ver": "1.0"}
        },
        "ext": {"tag": {"id": "8821"}},
    }
    assert list(given) == ["id", "imp", "app", "device", "regs", "source", "ext"]


def test_a_tag_that_ships_with_its_placeholders_asks_for_what_was_filled_in() -> None:
    given, notices = asked(
        "w=1920&h=1080&ip={{IP}}&ua={{USER_AGENT}}&us_privacy=[US_PRIVACY]&pod_max_dur=%%POD_MAX_DUR%%"
        "&content_genre=%7B%7BGENRE%7D%7D&did=${DID}&app_name=__APP__&app_bundle=com.example.tv"
    )
    assert codes(notices) == ["MACRO_UNEXPANDED"]
    assert given.keys() == {"id", "imp", "app"}
    assert given["app"] == {"bundle": "com.example.tv"}


def test_a_web_tag_of_ad_manager() -> None:
    given, notices = asked(
        "env=vp&gdfp_req=1&output=xml_vast4&iu=/1234/sports/live&sz=16x9|1x1|1280x720|640x480&correlator=77"
        "&url=https%3A%2F%2Fwww.example.com%2Fwatch%3Fv%3D1%26t%3D2&description_url=https%3A%2F%2Fwww.example.com%2Fabout"
        "&vid=v-42&cmsid=99&vid_d=1800&vpos=midroll&mridx=2&pod=2&ppos=1&lip=false&pmnd=5500&pmxd=90500&pmad=3"
        "&min_ad_duration=5001&max_ad_duration=30999&cust_params=genre%3Dnews%26team%3Da%2Cb&tfcd=0&gdpr=0"
        "&addtl_consent=1~7.12&plcmt=1&vpmute=1&vpa=auto&vad_type=linear&sdk_apis=2%2C7&unviewed_position_start=1"
    )
    assert not notices
    assert given["imp"][0]["tagid"] == "/1234/sports/live"
    assert given["imp"][0]["ext"] == {"data": {"genre": "news", "team": ["a", "b"]}}
    assert given["imp"][0]["video"] == {
        "api": [2, 7],
        "minduration": 6,
        "maxduration": 30,
        "poddur": 90,
        "maxseq": 3,
        "slotinpod": 1,
        "startdelay": -1,
        "linearity": 1,
        "plcmt": 1,
        "w": 1280,
        "h": 720,
        "playbackmethod": [2],
        "mimes": ["video/mp4"],
        "protocols": PROTOCOLS,
    }
    assert given["site"] == {
        "page": "https://www.example.com/watch?v=1&t=2",
        "content": {"id": "v-42", "len": 1800},
    }
    assert given["user"]["ext"] == {"ConsentedProvidersSettings": {"consented_providers": "1~7.12"}}
    assert given["regs"] == {"gdpr": 0, "coppa": 0}
    assert given["ext"] == {
        "tag": {"minpoddur": 6, "mridx": 2, "cmsid": "99", "id": "77"},
        "prebid": {"of": "xml_vast4"},
    }


FREEWHEEL = (
    "nw=1234&resp=vast4&prof=1234:example_ssp&csid=example_live&caid=0&asnw=1234&ssnw=1234&vdur=600&pvrn=55&vprn=66"
    "&flag=+fwssp+amcb-nucr&metr=1031&vip=198.51.100.7;_fw_h_user_agent=Mozilla/5.0%20(Linux%3B%20X)&=&_fw_did=d-1"
    "&_fw_is_lat=0&_fw_us_privacy=1YNN&_fw_gdpr=1&_fw_gdpr_consent=CP&_fw_coppa=0&_fw_app_bundle=com.example.tv"
    "&_fw_vcid2=viewer-9&genre=news&empty=&macro=[X]&metr=7;;slid=pre&slau=PreRoll&ptgt=a&tpcl=PREROLL&tpos=0&maxd=60"
    "&mind=5&maxa=2&cpsq=1&w=1280&h=720"
)


def test_of_a_repeated_key_value_of_freewheel_the_first_counts() -> None:
    given = request("nw=1&csid=a;genre=[G]&genre=news&genre=sport;;slid=pre&tpcl=PREROLL&maxd=60")
    assert given["imp"][0]["ext"]["data"] == {"genre": "news"}


def test_a_tag_of_freewheel_with_its_groups() -> None:
    given, notices = asked(FREEWHEEL)
    assert not notices
    assert given["imp"] == [
        {
            "id": "1",
            "tagid": "example_live",
            "video": {
                "w": 1280,
                "h": 720,
                "poddur": 60,
                "maxseq": 2,
                "podid": "pre",
                "podseq": 1,
                "startdelay": 0,
                "mimes": ["video/mp4"],
                "protocols": PROTOCOLS,
            },
            "ext": {"data": {"genre": "news"}},
        }
    ]
    assert given["device"] == {"ua": "Mozilla/5.0 (Linux; X)", "ifa": "d-1", "lmt": 0, "ip": "198.51.100.7"}
    assert given["regs"] == {"gdpr": 1, "us_privacy": "1YNN", "coppa": 0}
    assert given["ext"] == {"tag": {"minpoddur": 5, "id": "55"}, "prebid": {"of": "vast4"}}
    assert "viewer-9" not in str(given)


def test_of_several_freewheel_slots_the_first_is_asked_for() -> None:
    given, notices = asked(f"{FREEWHEEL};slid=mid&tpcl=MIDROLL&maxd=120;slid=post&tpcl=POSTROLL")
    assert codes(notices) == ["SLOTS_DISCARDED"]
    assert given == request(FREEWHEEL)


def test_a_freewheel_slot_beside_the_video_is_passed_over() -> None:
    display = "csid=a;;slid=banner&ptgt=s&w=300&h=250;slid=mid&ptgt=a&tpcl=MIDROLL&tpos=300&maxd=90"
    asked_for = video(display)
    assert {"podid": "mid", "startdelay": 300, "poddur": 90}.items() <= asked_for.items()
    assert "w" not in asked_for


@pytest.mark.parametrize(
    ("slot", "startdelay"),
    [
        ("tpcl=MIDROLL&tpos=300", 300),
        ("tpcl=MIDROLL&tpos=0", -1),
        ("tpcl=POSTROLL&tpos=3600", -2),
        ("tpcl=PREROLL&tpos=0", 0),
        ("tpcl=midroll", -1),
        ("slid=x&tpos=45", 45),
    ],
)
def test_the_second_of_a_freewheel_slot_counts_within_the_content(slot: str, startdelay: int) -> None:
    assert video(f"csid=a;;{slot}")["startdelay"] == startdelay


def test_maxd_is_an_ad_s_length_outside_a_slot_and_the_slot_s_within() -> None:
    assert video("csid=a&maxd=30")["maxduration"] == 30
    both = video("csid=a&maxd=30;;slid=pre&maxd=60")
    assert (both["maxduration"], both["poddur"]) == (30, 60)
    assert video("slid=pre&tpcl=PREROLL&maxd=60")["poddur"] == 60


def test_a_semicolon_parts_nothing_in_other_dialects() -> None:
    assert request("ua=Mozilla/5.0 (X11; rv=1)&w=640")["device"]["ua"] == "Mozilla/5.0 (X11; rv=1)"
    given = request("csid=a;_fw_did=d&ua=Mozilla/5.0 (X11; Linux; x86)")
    assert given["device"]["ua"] == "Mozilla/5.0 (X11; Linux; x86)"


def test_a_tag_of_pubmatic() -> None:
    given = request(
        "req.id=r-1&imp.id=9&imp.tagid=/1/a&imp.vid.mimes=video%2Fmp4%2Cvideo%2Fwebm&imp.vid.minduration=30"
        "&imp.vid.maxduration=90&imp.vid.ext.adpod.adminduration=20&imp.vid.ext.adpod.admaxduration=30"
        "&imp.vid.ext.adpod.minads=2&imp.vid.ext.adpod.maxads=4&app.pub.id=5890&app.bundle=com.example.tv"
        "&app.cnt.title=T&dev.ifa=i&dev.ip=198.51.100.7&user.ext.consent=CP&regs.ext.gdpr=1&regs.ext.us_privacy=1NNN"
    )
    asked_for = given["imp"][0]["video"]
    assert asked_for["mimes"] == ["video/mp4", "video/webm"]
    assert (asked_for["minduration"], asked_for["maxduration"], asked_for["poddur"], asked_for["maxseq"]) == (
        20,
        30,
        90,
        4,
    )
    assert given["app"]["publisher"] == {"id": "5890"}
    assert given["ext"]["tag"] == {"minpoddur": 30, "id": "r-1"}


def test_a_tag_of_microsoft() -> None:
    given = request(
        "id=1234&appid=com.example.tv&openudid=o-1&channel_name=One&content_cat=IAB1,IAB2&content_rating=G&width=640"
        "&height=480"
    )
    assert given["ext"] == {"prebid": {"storedrequest": {"id": "1234"}}}
    assert given["device"] == {"ifa": "o-1"}
    assert request("ifa=real&openudid=o-1")["device"] == {"ifa": "real"}


def test_a_tag_of_eyevinn() -> None:
    asked_for = request("max=60&min=10&ps=3&dur=30")
    assert {"poddur": 60, "maxseq": 3}.items() <= asked_for["imp"][0]["video"].items()
    assert asked_for["ext"] == {"tag": {"minpoddur": 10}}


def test_exact_lengths_exclude_shortest_and_longest() -> None:
    given, notices = asked("rqddurs=15,30,15&mindur=5&maxdur=60")
    assert given["imp"][0]["video"]["rqddurs"] == [15, 30]
    assert not {"minduration", "maxduration"} & given["imp"][0]["video"].keys()
    assert codes(notices) == ["DURATIONS_EXCLUSIVE"]


def test_limits_are_never_widened_by_rounding() -> None:
    sent = video("pmxd=90999&min_ad_duration=5001&max_ad_duration=999&poddur=&maxdur=30.9&mindur=4.1")
    assert (sent["poddur"], sent["minduration"], sent["maxduration"]) == (90, 5, 30)


def test_a_list_leaves_out_what_it_cannot_use() -> None:
    given, notices = asked("gpps=7,%208,,7,x&bcat=IAB1,%3Cscript%3E&badv=a.example,%20B.example")
    assert given["regs"]["gpp_sid"] == [7, 8]
    assert given["bcat"] == ["IAB1"]
    assert given["badv"] == ["a.example", "b.example"]
    assert codes(notices) == ["PARAMETER_INVALID"] * 2


def test_ow_and_oh_override_and_sizes_come_last() -> None:
    assert video("w=640&ow=1920&h=480&oh=1080")["w"] == 1920
    assert "h" not in video("w=640&sz=300x250")
    assert {"w": 640, "h": 480}.items() <= video("sz=16x9,640x480v").items()
    assert "w" not in video("sz=16x9")


@pytest.mark.parametrize(
    ("query", "method"),
    [("vpa=auto", [1]), ("vpa=1&vpmute=1", [2]), ("vpa=click", [3]), ("vpa=0&vpmute=1", None)],
)
def test_autoplay_and_sound_make_one_playback_method(query: str, method: list[int] | None) -> None:
    assert video(query).get("playbackmethod") == method
    assert video(f"{query}&playbackmethod=5")["playbackmethod"] == [5]


def test_an_audio_request_keeps_what_audio_knows() -> None:
    imp = request("mtype=3&w=640&h=480&maxdur=30&skip=1&poddur=60")["imp"][0]
    assert imp == {
        "id": "1",
        "audio": {
            "maxduration": 30,
            "poddur": 60,
            "mimes": ["audio/mp4", "audio/mpeg"],
            "protocols": PROTOCOLS,
        },
    }
    assert request("aud=1&mimes=audio/ogg")["imp"][0]["audio"]["mimes"] == ["audio/ogg"]


def test_a_banner_cannot_be_asked_for() -> None:
    given, notices = asked("mtype=1")
    assert "video" in given["imp"][0]
    assert codes(notices) == ["MEDIA_TYPE_UNSUPPORTED"]


def test_first_party_data_of_all_kinds_is_joined_and_json_wins() -> None:
    query = 'csid=a&cust_params=b%3D2%26c%3D2&targeting={"c":3,"d":[1]};a=1&b=1'
    assert request(query)["imp"][0]["ext"]["data"] == {"a": "1", "b": "2", "c": 3, "d": [1]}


def test_a_latitude_needs_its_longitude() -> None:
    given, notices = asked("lat=52.5&device_make=TV")
    assert given["device"] == {"make": "TV"}
    assert codes(notices) == ["PARAMETER_INVALID"]
    assert asked("lat=52.5")[0].keys() == {"id", "imp"}
    assert request("LATLONG=-1,-2")["device"]["geo"] == {"lat": -1.0, "lon": -2.0}
    assert request("LATLONG=1,2&lat=5&lon=6")["device"]["geo"] == {"lat": 5.0, "lon": 6.0}


@pytest.mark.parametrize("half", ["{{ID}}.1", "x-[ID]", "a%3CID%3E", "roku:{DID}"])
def test_an_identifier_that_was_filled_in_by_half_identifies_nobody(half: str) -> None:
    given, notices = asked(f"ifa={half}&did=d-1")
    assert given["device"] == {"ifa": "d-1"}
    assert codes(notices) == ["PARAMETER_INVALID"]


@pytest.mark.parametrize("zeros", ["0", "00000000-0000-0000-0000-000000000000"])
def test_an_identifier_of_zeros_identifies_nobody(zeros: str) -> None:
    assert "device" not in request(f"ifa={zeros}")
    assert request(f"ifa={zeros}&did=d-1")["device"] == {"ifa": "d-1"}


def test_other_device_headers_are_read() -> None:
    headers = {
        "X-Device-Make": "Samsung",
        "X-Device-Model": "QN90",
        "X-Device-Os": "Tizen",
        "X-Device-Player": "AVPlay",
        "X-Device-Accept-Language": "de-CH,de;q=0.9",
        "Accept-Language": "en",
        "Sec-GPC": "1",
    }
    given = request("device_make=LG&device_model=C2", headers)
    assert given["device"] == {"make": "Samsung", "model": "QN90", "os": "Tizen", "language": "de-CH"}
    assert given["imp"][0]["displaymanager"] == "AVPlay"
    assert given["regs"] == {"ext": {"gpc": "1"}}
    assert request("gpc=0", headers)["regs"] == {"ext": {"gpc": "0"}}
    assert request("", {"Accept-Language": "fr;q=1, en"})["device"] == {"language": "fr"}
    assert "device" not in request("", {"Accept-Language": "*"})


@pytest.mark.parametrize("macro", ["[DEVICEUA]", "{{UA}}", "%%UA%%", "undefined"])
def test_a_device_header_that_was_never_filled_in_beats_nothing(macro: str) -> None:
    headers = {"X-Device-User-Agent": macro, "X-Device-Make": macro, "User-Agent": "Stitcher/1"}
    assert request("ua=TV/1", headers)["device"] == {"ua": "TV/1"}
    assert request("", headers)["device"] == {"ua": "Stitcher/1"}


def test_key_values_that_were_never_filled_in_are_left_out() -> None:
    given = request("cust_params=genre%3D%5BGENRE%5D%26uid%3D%25%25UID%25%25%26team%3Da")
    assert given["imp"][0]["ext"]["data"] == {"team": "a"}
    assert "ext" not in request("cust_params=genre%3D%5BGENRE%5D")["imp"][0]


@pytest.mark.parametrize(
    "chain",
    [
        '{"ver":"1.0","complete":1,"nodes":[{"asi":"a.example","sid":"1","hp":1}]}',
        '{"schain":{"ver":"1.0","complete":1,"nodes":[{"asi":"a.example","sid":"1","hp":1}]}}',
        "1.0,1!a.example,1,1",
        "1.0,1!a.example,1,1,,,",
    ],
)
def test_a_supply_chain_in_either_form(chain: str) -> None:
    node = {"asi": "a.example", "sid": "1", "hp": 1}
    assert request(f"schain={chain}")["source"]["schain"] == {"complete": 1, "nodes": [node], "ver": "1.0"}


@pytest.mark.parametrize(
    "chain",
    [
        "1.0,1!a.example,12%2134,1,,Acme%2C%20Inc.,acme.example",
        "1.0%2C1%21a.example%2C12%252134%2C1%2C%2CAcme%252C%2520Inc.%2Cacme.example",
        "1.0%2C1!a.example%2C12%252134%2C1%2C%2CAcme%252C%2520Inc.%2Cacme.example",
    ],
)
def test_what_is_encoded_within_a_supply_chain_parts_no_nodes(chain: str) -> None:
    node = {"asi": "a.example", "sid": "12!34", "hp": 1, "name": "Acme, Inc.", "domain": "acme.example"}
    assert request(f"schain={chain}")["source"]["schain"] == {"complete": 1, "nodes": [node], "ver": "1.0"}


@pytest.mark.parametrize(
    "chain",
    ["1.0,1", "1.0,2!a,1", "1!a,1", "1.0,1!a.example", '{"ver":"1.0"}', "[1]", "{", '{"schain":[]}', ",!,"],
)
def test_a_broken_supply_chain_is_left_out(chain: str) -> None:
    given, notices = asked(f"schain={chain}")
    assert "source" not in given
    assert {notice.code for notice in notices} <= {"PARAMETER_INVALID", "MACRO_UNEXPANDED"}
    assert notices
