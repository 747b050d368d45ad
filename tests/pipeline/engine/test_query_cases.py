"""Cases I of pipeline.md §4: the mapping of a query, each under its number."""

import ipaddress
import sys

import pytest

from pipeline.engine import request_from_query
from tests.pipeline.engine.query import PEER, asked, codes, request, video

SHARED = ipaddress.ip_network("100.64.0.0/10")
NUMBERS = (97, 98, 100, 101, 103, 104, 106, 107, 109, 110)


def test_every_case_of_the_section_is_here_under_its_number() -> None:
    module = sys.modules[__name__]
    named = {name.split("_")[2] for name in vars(module) if name.startswith("test_case_")}
    assert named == {str(number) for number in NUMBERS}


def test_case_97_a_tag_of_ad_manager() -> None:
    given, notices = asked(
        "pmnd=0&pmxd=90000&pmad=3&sz=640x480|400x300&vpos=midroll&rdid=X&idtype=rida&is_lat=1&msid=b&an=N"
    )
    wanted = {"poddur": 90, "maxseq": 3, "w": 640, "h": 480, "startdelay": -1}
    assert wanted.items() <= given["imp"][0]["video"].items()
    assert given["device"] == {"ifa": "X", "ext": {"ifa_type": "rida"}, "lmt": 1}
    assert given["app"] == {"bundle": "b", "name": "N"}
    assert not notices


def test_case_97_minus_one_ads_is_no_limit() -> None:
    given, notices = asked("pmad=-1")
    assert "maxseq" not in given["imp"][0]["video"]
    assert not notices


def test_case_98_a_tag_of_springserve() -> None:
    given, notices = asked(
        "did=D&app_bundle=com.example.tv&app_name=Example+TV&url=Example+TV&pod_max_dur=120&pod_ad_slots=4"
    )
    assert given["device"]["ifa"] == "D"
    assert given["app"] == {"bundle": "com.example.tv", "name": "Example TV"}
    assert "site" not in given
    assert {"poddur": 120, "maxseq": 4}.items() <= given["imp"][0]["video"].items()
    assert not notices


def test_case_100_every_law_has_its_place() -> None:
    given = request("gdpr=1&gdpr_consent=C&usp=1YNN&gppc=G&gpps=7,8&coppa=0")
    assert given["regs"] == {"gdpr": 1, "us_privacy": "1YNN", "gpp": "G", "gpp_sid": [7, 8], "coppa": 0}
    assert given["user"] == {"consent": "C"}
    assert request("gdpr_applies=false")["regs"] == {"gdpr": 0}


def test_case_101_consent_type_sends_the_generic_string_to_its_law() -> None:
    given, notices = asked("consent_type=3&consent_string=1YNN")
    assert given["regs"] == {"us_privacy": "1YNN"}
    assert "user" not in given
    assert not notices
    assert request("consent_type=4&consent_string=DBABMA~CP")["regs"] == {"gpp": "DBABMA~CP"}
    for tcf in ("consent_type=1&", "consent_type=2&", "", "consent_type=[TYPE]&"):
        assert request(f"{tcf}gdpr_consent=C")["user"] == {"consent": "C"}


def test_case_101_an_unknown_type_is_told_and_its_string_left_out() -> None:
    given, notices = asked("consent_type=9&consent_string=1YNN")
    assert codes(notices) == ["CONSENT_TYPE_UNKNOWN"]
    assert "consent_type" in notices[0].text
    assert given.keys() == {"id", "imp"}


@pytest.mark.parametrize(
    ("query", "path", "value"),
    [
        ("consent_string=generic&tcfc=own", "user", {"consent": "own"}),
        ("consent_type=3&consent_string=1NNN&usp=1YYY", "regs", {"us_privacy": "1YYY"}),
        ("consent_type=4&consent_string=generic&gppc=own", "regs", {"gpp": "own"}),
    ],
)
def test_case_101_a_parameter_of_the_law_itself_beats_the_generic_string(query, path, value) -> None:
    assert request(query)[path] == value


def test_case_101_a_string_that_its_law_does_not_know_is_left_out_without_a_trace() -> None:
    given, notices = asked("consent_type=3&consent_string=CPxyz")
    assert given.keys() == {"id", "imp"}
    assert codes(notices) == ["PARAMETER_INVALID"]


def test_case_103_wrong_values_are_left_out_with_a_warning_each() -> None:
    given, notices = asked("w=abc&h=-5&tmax=50&api=7,x,0")
    assert not {"w", "h"} & given["imp"][0]["video"].keys()
    assert "tmax" not in given
    assert given["imp"][0]["video"]["api"] == [7]
    assert codes(notices) == ["PARAMETER_INVALID"] * 4
    assert {notice.text.partition(":")[0] for notice in notices} == {"w", "h", "tmax", "api"}


def test_case_104_negative_and_broken_numbers_are_sent_as_they_are() -> None:
    sent = video("startdelay=-2&podseq=-1&slotinpod=-1&mincpms=0.45")
    assert {"startdelay": -2, "podseq": -1, "slotinpod": -1, "mincpmpersec": 0.45}.items() <= sent.items()


@pytest.mark.parametrize(
    ("address", "device"),
    [
        ("2001:db8::1", {"ipv6": "2001:db8::1"}),
        ("1.2.3.4", {"ip": "1.2.3.4"}),
        ("::ffff:1.2.3.4", {"ip": "1.2.3.4"}),
        ("[2001:db8::1]", {"ipv6": "2001:db8::1"}),
        ("1.2.3.4:5678", {"ip": "1.2.3.4"}),
        ("10.0.0.1, 1.2.3.4, 5.6.7.8", {"ip": "1.2.3.4"}),
        *(
            (private, None)
            for private in ("10.0.0.1", "192.168.1.1, 127.0.0.1", "fe80::1", "fd00::1", "::1", "0.0.0.0")
        ),
        *(
            (private, None)
            for private in ("100.64.0.1", "169.254.1.1", "172.31.0.1", "224.0.0.1", "255.255.255.255")
        ),
        *(
            (wrong, None)
            for wrong in (
                "1.2.3",
                "1.2.3.4.5",
                "example.com",
                "1.2.3.4%eth0",
                "fe80::1%eth0",
                "01.2.3.4",
                "/",
            )
        ),
    ],
)
def test_case_106_an_address_goes_by_its_family_or_not_at_all(address: str, device) -> None:
    assert request(f"ip={address.replace('%', '%25')}").get("device") == device


def test_case_106_the_peer_is_never_the_viewer_unless_the_tag_says_it_comes_from_the_player() -> None:
    assert "device" not in request("w=1", peer="198.51.100.9")
    assert request("ssai=1", peer="198.51.100.9")["device"] == {"ip": "198.51.100.9"}
    assert "device" not in request("ssai=2", peer="198.51.100.9")
    assert request("ssai=1&ip=198.51.100.1", peer="198.51.100.9")["device"] == {"ip": "198.51.100.1"}
    assert "device" not in request("ssai=1", peer="198.51.100.9", trusted_proxies=["198.51.100.0/24"])


def test_case_107_device_headers_beat_the_query_and_the_query_beats_transport() -> None:
    headers = {"X-Device-IP": "198.51.100.1", "X-Device-User-Agent": "TV", "User-Agent": "Stitcher"}
    assert request("ip=198.51.100.2&ua=Tag", headers)["device"] == {"ua": "TV", "ip": "198.51.100.1"}
    assert request("ua=Tag", {"User-Agent": "Stitcher"})["device"] == {"ua": "Tag"}
    assert request("", {"user-agent": "Player"})["device"] == {"ua": "Player"}


def test_case_107_a_device_header_of_the_other_family_leaves_one_address() -> None:
    assert request("ip=198.51.100.2", {"x-device-ip": "2001:db8::1"})["device"] == {"ipv6": "2001:db8::1"}


def test_case_107_forwarded_addresses_count_from_a_trusted_proxy_only() -> None:
    headers = {"X-Forwarded-For": "198.51.100.5, 10.1.1.1", "X-Real-IP": "198.51.100.6"}
    assert "device" not in request("", headers)
    for proxies in (["192.0.2.0/24"], (PEER,), [PEER, "10.0.0.0/8"]):
        assert request("", headers, trusted_proxies=proxies)["device"] == {"ip": "198.51.100.5"}
    assert "device" not in request("", headers, trusted_proxies=["203.0.113.0/24"])
    assert "device" not in request("", headers, trusted_proxies=["no network"])
    assert request("ip=198.51.100.7", headers, trusted_proxies=[PEER])["device"] == {"ip": "198.51.100.7"}


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "x-forwarded-for"])
def test_case_107_each_forwarding_header_is_read(name: str) -> None:
    assert request("", {name: "198.51.100.5"}, trusted_proxies=[PEER])["device"] == {"ip": "198.51.100.5"}


def test_case_109_an_app_has_no_site_and_the_default_is_an_app() -> None:
    given, notices = asked("bundle=com.example.tv&page=https://www.example.com/&pubid=7")
    assert given["app"] == {"bundle": "com.example.tv", "publisher": {"id": "7"}}
    assert "site" not in given
    assert codes(notices) == ["SITE_AND_APP"]
    assert request("pubid=7").get("app") == {"publisher": {"id": "7"}}
    assert request("pubid=7&ctitle=T")["app"] == {"publisher": {"id": "7"}, "content": {"title": "T"}}


@pytest.mark.parametrize(
    ("said", "app"),
    [
        ("app.pub.id=7", {"publisher": {"id": "7"}}),
        ("app.cnt.title=T", {"content": {"title": "T"}}),
    ],
)
def test_case_109_a_name_of_an_app_makes_an_app_whatever_it_says(said: str, app: dict[str, object]) -> None:
    given, notices = asked(f"{said}&page=https://www.example.com/")
    assert given["app"] == app
    assert "site" not in given
    assert codes(notices) == ["SITE_AND_APP"]


def test_case_109_a_page_makes_a_site() -> None:
    given = request("page=https://www.example.com/&pubid=7&ctitle=T")
    assert given["site"] == {
        "page": "https://www.example.com/",
        "publisher": {"id": "7"},
        "content": {"title": "T"},
    }
    assert "app" not in given


def test_case_109_a_referer_fills_a_site_and_makes_none() -> None:
    referer = {"Referer": "https://www.example.com/"}
    assert "site" not in request("pubid=7", referer)
    assert request("domain=www.example.com", referer)["site"]["page"] == "https://www.example.com/"
    assert request("", {"X-Device-Referer": "https://www.example.com/"})["site"] == {
        "page": "https://www.example.com/"
    }


def test_case_109_the_address_of_the_content_is_the_page_of_a_site_without_one() -> None:
    assert request("curl=https://www.example.com/v")["app"] == {
        "content": {"url": "https://www.example.com/v"}
    }
    site = request("curl=https://www.example.com/v&domain=www.example.com")["site"]
    assert site["page"] == "https://www.example.com/v"


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("a%2Bb", "a+b"),
        ("a+b", "a b"),
        ("a%26b", "a&b"),
        ("a%3Bb", "a;b"),
        ("a;b", "a;b"),
        ("a=b", "a=b"),
        ("%25%32%36", "%26"),
        ("100%2525", "100%25"),
        ("%C3%A9t%C3%A9", "été"),
        ("été", "été"),
        ("été".encode().decode("ascii", "surrogateescape"), "été"),
        ("%E2%82%AC+%F0%9F%8E%AC", "€ 🎬"),
        ("100%", "100%"),
        ("%zz%2", "%zz%2"),
        ("back%5Cslash\\x41", "back\\slash\\x41"),
        ("%20+padded+%20", "padded"),
    ],
)
def test_case_110_a_value_is_decoded_once(raw: str, title: str) -> None:
    assert request(f"ctitle={raw}&w=640")["app"]["content"]["title"] == title
    assert request(f"w=640&ctitle={raw}&h=480")["imp"][0]["video"]["h"] == 480


def test_case_110_in_the_dialect_of_freewheel_too() -> None:
    given = request("csid=s;_fw_did=d&ctitle=a%3Bb%26c%2Bd;;slid=pre&maxd=60")
    assert given["app"]["content"]["title"] == "a;b&c+d"
    assert given["imp"][0]["video"]["poddur"] == 60


def test_case_106_every_first_number_of_an_address_is_judged_as_the_library_does() -> None:
    documented = {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}
    for first in range(256):
        for rest in (
            "0.0.1",
            "16.0.1",
            "64.0.1",
            "168.1.1",
            "254.1.1",
            "18.0.1",
            "19.255.255",
            "20.0.1",
            "31.255.255",
            "128.0.0",
        ):
            address = f"{first}.{rest}"
            number = ipaddress.IPv4Address(address)
            private = number.is_private or number.is_multicast or number.is_reserved or number in SHARED
            assert not any(number in ipaddress.ip_network(network) for network in documented)
            assert ("device" not in request(f"ip={address}")) is private, address


def test_without_an_id_of_its_own_a_request_is_named_by_what_it_says() -> None:
    def named(query: str, agent: str = "TV") -> str:
        return str(request_from_query(query, {"User-Agent": agent}, PEER)[0]["id"])

    assert named("w=1\udce9") == named("w=1\udce9")
    assert len({named("w=1"), named("w=2"), named("w=1", "phone")}) == 3
