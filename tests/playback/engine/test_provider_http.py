"""Providers: macro tables, templates, address pools, from settings to a request (playback.md 1.4, 1.11)."""

from collections import Counter
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from playback.engine import (
    PROVIDER_MACROS,
    PROVIDERS,
    ConfigError,
    IPPoolSelector,
    ProviderConfigLoader,
    TemplateResolver,
)
from playback.engine.request.provider_http import BASE_MACROS, macros_of, mapped_macros
from playback.engine.request.provider_http_loader import (
    generate_uuid_from_multi_fields,
    process_macro_mappings,
)

CONTEXT = {
    "city": "Oslo",
    "device": {"serial": "s1", "ids": ["a", "b"]},
    "none": None,
    "zero": 0,
    "list": [1, 2],
    "template": "${city}",
}


class TestTables:
    @pytest.mark.parametrize(
        ("provider", "formats", "server"),
        [
            ("global", ("[NAME]", "${NAME}"), "AdStream Global"),
            ("tiger", ("[NAME]", "${NAME}"), "AdStream Tiger"),
            ("leto", ("%%NAME%%", "[NAME]"), "Leto"),
            ("yandex", ("{NAME}", "[NAME]"), "Yandex Direct"),
            ("google", ("%%NAME%%", "[NAME]"), "Google AdSense"),
            ("custom", ("[NAME]", "${NAME}", "{NAME}"), "Custom Provider"),
        ],
    )
    def test_every_provider_has_its_formats_and_its_server(self, provider, formats, server):
        macros = PROVIDER_MACROS[provider]
        assert (macros.formats, dict(macros.static)) == (formats, {"AD_SERVER": server})

    @pytest.mark.parametrize(
        ("provider", "own"),
        [
            ("global", {"city": "CITY", "city_code": "CITY_CODE"}),
            ("tiger", {"city_name": "CITY", "city_code": "CITY_CODE"}),
            ("leto", {"wl": "WL", "pad_id": "PAD_ID", "block_id": "BLOCK_ID"}),
            ("yandex", {"yandex_uid": "YANDEX_UID", "campaign_id": "CAMPAIGN_ID", "banner_id": "BANNER_ID"}),
            ("google", {"google_gid": "GOOGLE_GID", "google_cust_params": "GOOGLE_CUST_PARAMS"}),
            ("custom", {}),
        ],
    )
    def test_every_provider_maps_its_parameters_and_those_common_to_all(self, provider, own):
        common = {
            "ab_uid": "DEVICE_SERIAL", "device_serial": "DEVICE_SERIAL", "ad_place": "PLACEMENT_TYPE",
            "media_title": "CHANNEL_NAME", "media_tag": "CHANNEL_CATEGORY",
        }  # fmt: skip
        assert dict(PROVIDER_MACROS[provider].mapping) == common | own
        assert dict(BASE_MACROS.mapping) == common

    def test_they_are_the_providers_that_have_profiles(self):
        assert set(PROVIDER_MACROS) == set(PROVIDERS)

    def test_nobody_knows_a_provider_of_another_name(self):
        assert macros_of("generic") is macros_of(None) is BASE_MACROS

    def test_parameters_become_macros(self):
        parameters = {"city": "Oslo", "city_code": 7, "ad_place": None, "other": 1}
        assert mapped_macros("global", parameters) == {"CITY": "Oslo", "CITY_CODE": "7"}
        assert mapped_macros("leto", parameters) == {}

    def test_the_providers_that_ship_have_reserved_hosts_only(self):
        loader = ProviderConfigLoader()
        for provider in PROVIDERS:
            url = loader.build_http_client_config(provider, {})["base_url"]
            assert urlsplit(url).hostname == "ads.example.com"


class TestTemplates:
    @pytest.mark.parametrize(
        ("template", "value"),
        [
            ("${city}", "Oslo"),
            ("in ${city}!", "in Oslo!"),
            ("${device.serial}", "s1"),
            ("${device.ids.1}", "b"),
            ("${list}", [1, 2]),
            ("l=${list}", "l=[1,2]"),
            ("${zero}", 0),
            ("${nothing|default}", "default"),
            ("${none|default}", "default"),
            ("${nothing|}", ""),
            ("${city|default}", "Oslo"),
            ("${nothing}", "${nothing}"),
            ("${device.nothing}", "${device.nothing}"),
            ("${city.more}", "${city.more}"),
            ("${device.ids.9}", "${device.ids.9}"),
            ("${template}", "${city}"),
            ("$city {city} $${city}", "$city {city} $Oslo"),
            (5, 5),
            ({"a": ["${city}", {"${city}": "${zero}"}]}, {"a": ["Oslo", {"${city}": 0}]}),
            (("${city}",), ("Oslo",)),
        ],
    )
    def test_templates_are_filled_from_the_context(self, template, value):
        assert TemplateResolver(CONTEXT).resolve(template) == value

    def test_what_is_filled_in_is_a_copy(self):
        TemplateResolver(CONTEXT).resolve("${list}").append(3)
        assert CONTEXT["list"] == [1, 2]


class TestPools:
    POOLS = (
        {"name": "de", "strategy": "random", "ips": ["198.51.100.1", "198.51.100.2", "198.51.100.3"]},
        {"name": "empty", "ips": [], "fallback": "198.51.100.9"},
    )

    def test_the_same_seed_and_key_choose_the_same_address(self):
        pools = IPPoolSelector(self.POOLS)
        chosen = [pools.select_ip("de", seed=seed, key="k") for seed in range(3000)]
        assert chosen == [pools.select_ip("de", seed=seed, key="k") for seed in range(3000)]
        counts = Counter(chosen)
        assert set(counts) == set(self.POOLS[0]["ips"])
        # 1000 each, 3 sigma
        assert all(abs(count - 1000) < 78 for count in counts.values())
        assert chosen != [pools.select_ip("de", seed=seed, key="other") for seed in range(3000)]

    def test_without_addresses_there_is_a_fallback(self):
        pools = IPPoolSelector(self.POOLS)
        assert pools.select_ip("empty", seed=1) == "198.51.100.9"
        assert pools.select_ip("unknown", seed=1, fallback="f") == "f"
        assert pools.select_ip("unknown", seed=1) is None

    def test_an_unknown_strategy_is_refused(self):
        with pytest.raises(ConfigError, match="strategy 'round_robin'; known: random"):
            IPPoolSelector([{"name": "a", "strategy": "round_robin", "ips": ["x"]}]).select_ip("a", seed=1)


SETTINGS = {
    "acme": {
        "http_client": {
            "base_url": "https://ads.example.com/${path|vast}",
            "base_params": {"fixed": 1, "serial": "${device_serial}", "kept": "${nothing}"},
            "dynamic_params": {"city": "${city}", "gone": "${nothing}", "fixed": "${zero}"},
            "base_headers": {"Accept": "application/xml"},
            "dynamic_headers": {"X-Device-IP": "${ip}", "X-Gone": "${nothing}"},
            "encoding_config": {"city": False},
        },
        "ip_pools": [{"name": "de", "strategy": "random", "ips": ["198.51.100.1", "198.51.100.2"]}],
        "context_preparation": {
            "device_serial": {"type": "uuid_multi_fields", "fields": ["device.serial", "city", "nothing"]},
            "channel_extraction": {"source": "device.ids.0"},
            "ip_selection": {"pool": "de", "fallback": "198.51.100.9"},
        },
        "tracker": {"macro_mapping": {"device.serial": "SERIAL", "none": "NONE", "list": "LIST", "ip": "IP"}},
    }
}


class TestLoader:
    def test_an_unknown_provider_is_refused_with_those_that_exist(self):
        with pytest.raises(ConfigError, match="provider: unknown provider 'tigger'; known: global, tiger"):
            ProviderConfigLoader().get_provider_config("tigger")

    def test_settings_are_given_as_copies(self):
        loader = ProviderConfigLoader(SETTINGS)
        loader.get_provider_config("acme")["http_client"]["base_params"]["fixed"] = 2
        assert loader.get_provider_config("acme")["http_client"]["base_params"]["fixed"] == 1

    def test_a_context_is_prepared_and_the_one_given_is_left_alone(self):
        before = dict(CONTEXT)
        prepared = ProviderConfigLoader(SETTINGS).prepare_context("acme", CONTEXT, seed=4, key="k")
        assert before == CONTEXT
        assert prepared["channel"] == "a"
        assert prepared["ip"] in SETTINGS["acme"]["ip_pools"][0]["ips"]
        assert prepared["device_serial"] == generate_uuid_from_multi_fields(
            CONTEXT, ["device.serial", "city", "nothing"]
        )
        assert prepared == ProviderConfigLoader(SETTINGS).prepare_context("acme", CONTEXT, seed=4, key="k")

    def test_what_the_context_has_already_stays(self):
        prepared = ProviderConfigLoader(SETTINGS).prepare_context(
            "acme", {**CONTEXT, "device_serial": "own", "ip": "own"}
        )
        assert (prepared["device_serial"], prepared["ip"]) == ("own", "own")

    def test_an_unknown_preparation_is_refused(self):
        loader = ProviderConfigLoader({"acme": {"context_preparation": {"x": {"type": "magic"}}}})
        with pytest.raises(
            ConfigError, match=r"context_preparation.x: unknown type 'magic'; known: uuid_multi_fields"
        ):
            loader.prepare_context("acme", {})

    def test_a_request_is_made_of_settings_and_context(self):
        client = ProviderConfigLoader(SETTINGS).build_provider_client("acme", CONTEXT, seed=4)
        serial = generate_uuid_from_multi_fields(CONTEXT, ["device.serial", "city", "nothing"])
        assert client.base_params == {"fixed": 0, "serial": serial, "kept": "${nothing}", "city": "Oslo"}
        assert client.build_url().startswith("https://ads.example.com/vast?fixed=0&serial=")
        headers = client.get_headers()
        assert (headers["Accept"], set(headers)) == ("application/xml", {"Accept", "X-Device-IP"})
        macros = client.get_macros()
        assert (macros["SERIAL"], macros["LIST"], macros["IP"]) == ("s1", "[1,2]", headers["X-Device-IP"])
        assert "NONE" not in macros


def test_mappings_follow_paths_and_leave_out_what_is_absent():
    mapping = {"device.serial": "A", "none": "B", "nothing.at.all": "C", "zero": "D", "device.ids": "E"}
    assert process_macro_mappings(mapping, CONTEXT) == {"A": "s1", "D": "0", "E": '["a","b"]'}


def test_a_uuid_of_several_fields_is_their_md5():
    made = generate_uuid_from_multi_fields({"a": "1", "b": {"c": "2"}}, ["a", "b.c", "absent"])
    # MD5 of "12"
    assert made == "c20ad4d7-6fe9-7759-aa27-a0c99bff6710"
    assert str(UUID(made)) == made
