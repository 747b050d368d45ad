"""An ad request in parts (playback.md 1.10, 2.41)."""

import json

import pytest

from playback.engine import (
    ConfigError,
    EmbedHttpClient,
    ProviderConfigLoader,
    VastClientConfig,
    VastEmbedHttpClient,
)
from playback.engine.request.uri import absolute, with_parameters

BASE = "http://h.example.com/p"


class TestAddress:
    def test_D14_parameters_join_the_query_that_is_there(self):
        client = EmbedHttpClient(f"{BASE}?x=1")
        assert client.build_url({"y": [1, 2], "z": None}) == f"{BASE}?x=1&y=%5B1%2C2%5D"

    @pytest.mark.parametrize(
        ("base", "built"),
        [
            (BASE, f"{BASE}?a=1"),
            (f"{BASE}?", f"{BASE}?a=1"),
            (f"{BASE}?x=1", f"{BASE}?x=1&a=1"),
            (f"{BASE}?x=1&", f"{BASE}?x=1&a=1"),
            (f"{BASE}#top", f"{BASE}?a=1#top"),
            (f"{BASE}?x=a?b", f"{BASE}?x=a?b&a=1"),
        ],
    )
    def test_D14_there_is_one_question_mark(self, base, built):
        assert EmbedHttpClient(base, {"a": 1}).build_url() == built

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            ("a b/c&d", "a%20b%2Fc%26d"),
            ("", ""),
            (0, "0"),
            (1.5, "1.5"),
            (True, "true"),
            ((1, "a"), "%5B1%2C%22a%22%5D"),
            ({"k": [1]}, "%7B%22k%22%3A%5B1%5D%7D"),
            ({"д": "é"}, "%7B%22%D0%B4%22%3A%22%C3%A9%22%7D"),
        ],
    )
    def test_values_are_written_as_text_or_compact_json(self, value, written):
        assert EmbedHttpClient(BASE, {"v": value}).build_url() == f"{BASE}?v={written}"

    def test_a_parameter_may_be_written_as_it_is(self):
        client = EmbedHttpClient(BASE, {"cb": "[CACHEBUSTING]", "u": "a/b"}, encoding_config={"cb": False})
        assert client.build_url() == f"{BASE}?cb=[CACHEBUSTING]&u=a%2Fb"

    def test_additional_parameters_go_over_the_base_and_none_takes_one_out(self):
        client = EmbedHttpClient(BASE, {"a": 1, "b": 2})
        assert client.build_url({"b": 3, "a": None}) == f"{BASE}?b=3"
        assert client.build_url() == f"{BASE}?a=1&b=2"


class TestCopies:
    def test_nothing_is_shared_with_what_it_was_given(self):
        params, headers = {"a": {"b": [1]}}, {"H": "1"}
        client = EmbedHttpClient(BASE, params, headers)
        params["a"]["b"].append(2)
        headers["H"] = "2"
        assert (client.base_params, client.get_headers()) == ({"a": {"b": [1]}}, {"H": "1"})

    def test_copies_share_nothing_and_keep_the_extras(self):
        client = EmbedHttpClient(BASE, {"a": {"b": [1]}})
        client.set_extra("context", {"x": [1]})
        for copied in (
            client.copy(),
            client.with_params(c=1),
            client.with_headers({"H": "1"}),
            client.with_url("http://o/"),
        ):
            assert copied.get_extra("context") == {"x": [1]}
            copied.base_params["a"]["b"].append(2)
            copied.get_extra("context")["x"].append(2)
            copied.set_extra("more", 1)
        assert client.base_params == {"a": {"b": [1]}}
        assert client.get_extra("context") == {"x": [1]}
        assert not client.has_extra("more")

    def test_a_copy_differs_only_where_it_was_asked_to(self):
        client = EmbedHttpClient(BASE, {"a": 1}, {"Accept": "x"})
        assert client.with_url("http://o.example.com/").build_url() == "http://o.example.com/?a=1"
        assert client.with_params(b=2).build_url() == f"{BASE}?a=1&b=2"
        assert client.with_headers({"accept": "y"}).get_headers() == {"accept": "y"}
        assert client.copy() == client
        assert client.with_params(b=2) != client

    def test_it_goes_through_json_and_back(self):
        client = EmbedHttpClient(BASE, {"a": [1]}, {"H": "1"}, {"a": False})
        client.set_extra("macros", {"CITY": "Oslo"})
        assert EmbedHttpClient.from_dict(json.loads(json.dumps(client.to_dict()))) == client
        assert EmbedHttpClient.from_dict({"base_url": BASE}).build_url() == BASE

    def test_an_unknown_field_is_refused_by_name(self):
        with pytest.raises(ConfigError, match="base_uri: unknown field; known: base_url"):
            EmbedHttpClient.from_dict({"base_uri": BASE})

    def test_an_extra_that_is_not_there_has_a_default(self):
        client = EmbedHttpClient()
        assert (client.get_extra("x"), client.get_extra("x", 3), client.has_extra("x")) == (None, 3, False)


class TestMacros:
    def test_every_parameter_is_a_macro_under_both_spellings(self):
        client = EmbedHttpClient(BASE, {"city": "Oslo", "list": [1], "none": None})
        assert client.get_macros() == {"city": "Oslo", "CITY": "Oslo", "list": "[1]", "LIST": "[1]"}

    def test_a_trackers_macros_know_the_device(self):
        client = EmbedHttpClient(BASE, {}, {"user-agent": "tv", "X-Real-Ip": "198.51.100.7"})
        assert client.get_tracking_macros() == {"USER_AGENT": "tv", "DEVICE_IP": "198.51.100.7"}

    def test_a_client_configuration_has_the_parameters_once(self):
        client = EmbedHttpClient(f"{BASE}?x=1", {"a": 1}, {"H": "1"})
        config = VastClientConfig.from_dict(client.to_vast_config())
        assert (config.url, config.params, config.headers) == (f"{BASE}?x=1&a=1", {}, {"H": "1"})
        assert config.macros == {"a": "1", "A": "1"}


class TestVastRequests:
    def test_a_vast_request_names_its_placement(self):
        client = VastEmbedHttpClient(BASE, {"a": 1})
        assert client.build_vast_url() == f"{BASE}?a=1&placement_type=switchroll"
        assert client.build_vast_url("preroll") == f"{BASE}?a=1&placement_type=preroll"
        assert (
            client.with_vast_context(placement_type="own", a=None).build_vast_url()
            == f"{BASE}?placement_type=own"
        )

    def test_no_cache_may_answer_a_tracker(self):
        client = VastEmbedHttpClient(BASE, {}, {"H": "1"})
        assert client.get_vast_headers() == {"H": "1"}
        assert client.get_vast_headers(tracking=True) == {"H": "1", "Cache-Control": "no-cache"}


async def test_it_is_made_of_a_providers_settings():
    client = await EmbedHttpClient.from_provider_config(ProviderConfigLoader(), "tiger")
    assert client.build_url() == "https://ads.example.com/tiger/vast"
    assert client.get_extra("provider") == "tiger"
    assert VastClientConfig.from_dict(client.to_vast_config()).provider == "tiger"


class TestReferences:
    @pytest.mark.parametrize(
        "uri",
        ["", " ", "x", "/x", "ftp://h/", "http:/x", "http://", "http://a b/", "http://a\\b/", "mailto:a"],
    )
    def test_what_names_no_http_address_is_refused(self, uri):
        with pytest.raises(ValueError, match=r"address|host"):
            absolute(uri)

    def test_a_base_makes_a_reference_absolute(self):
        assert absolute("../c?d", "https://h.example.com/a/b/x") == "https://h.example.com/a/c?d"
        assert absolute("//o.example.com", "https://h.example.com/") == "https://o.example.com"

    def test_what_is_absolute_already_stays(self):
        for url in ("http://[::1]:8000/a%20b?c=%5B1%5D&d=1,2", "https://user@h.example.com/;p=1?q='(x)'*!"):
            assert absolute(absolute(url)) == url

    def test_names_of_parameters_are_encoded_as_well(self):
        assert with_parameters(BASE, {"a b": 1, "c[d]": 2}) == f"{BASE}?a%20b=1&c%5Bd%5D=2"
