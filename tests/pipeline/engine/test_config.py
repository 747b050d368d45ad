"""Cases G of pipeline.md §4: settings, their spelling, and the layers they come from."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import (
    CollisionPolicy,
    Placement,
    PlacementRules,
    ReceiverConfig,
    SelectionStrategy,
    build_vast_from_bid_response,
    merge_config,
)
from tests.pipeline.engine.adm import bid, inl, response


def test_case_83_the_nearer_layer_wins_and_the_rest_shines_through():
    merged = merge_config(
        {"default_currency": "USD", "receiver": "GENERIC"}, {"default_currency": "eur"}, {"debug": True}
    )
    config = merged.config
    assert (config.default_currency, config.receiver, config.enable_debug) == ("EUR", "GENERIC", True)
    assert [
        merged.provenance[key] for key in ("default_currency", "receiver", "enable_debug", "deals_first")
    ] == [
        *("account", "host", "profile", "default"),
    ]


def test_case_85_empty_strings_and_absent_keys_never_override_and_false_does():
    host = {
        "default_currency": "EUR",
        "enable_debug": True,
        "max_ads_in_pod": 3,
        "no_ad_error_url": "https://e.example.com",
    }
    later = {"default_currency": "", "enable_debug": False, "max_ads_in_pod": 0, "no_ad_error_url": None}
    config = merge_config(host, later).config
    assert (config.default_currency, config.enable_debug, config.max_ads_in_pod) == ("EUR", False, 0)
    assert config.no_ad_error_url == "https://e.example.com"


def test_case_86_placements_merge_one_by_one():
    merged = merge_config(
        {"placement_rules": {"pricing_placement": "EXTENSIONS"}},
        {"placement_rules": {"advertiser_placement": "SKIP"}},
    )
    rules = merged.config.placement_rules
    assert (rules.pricing_placement, rules.advertiser_placement) == (Placement.EXTENSIONS, Placement.SKIP)
    assert rules.left_to_receiver == {"categories_placement", "debug_placement"}
    assert merged.provenance["placement_rules.pricing_placement"] == "host"
    assert merged.provenance["placement_rules.debug_placement"] == "receiver"


def test_case_88_merging_nothing_gives_the_defaults():
    config, notices, provenance = merge_config(None, None, None)
    assert config == ReceiverConfig()
    assert notices == ()
    assert set(provenance.values()) == {"default", "receiver"}
    assert (config.receiver, config.default_currency, config.vast_version_default) == (
        "GENERIC",
        "USD",
        "3.0",
    )
    assert (config.max_ads_in_pod, config.selection_strategy, config.collision_policy) == (
        10,
        "SINGLE",
        "VAST_WINS",
    )
    rules = config.placement_rules
    assert (rules.pricing_placement, rules.advertiser_placement) == ("INLINE", "INLINE")
    assert (rules.categories_placement, rules.debug_placement) == ("EXTENSIONS", "EXTENSIONS")
    assert not any((config.enable_debug, config.allow_skeleton_vast, config.deals_first, config.enforce_pod))


@pytest.mark.parametrize(
    ("key", "alias", "meaning"),
    [
        ("collision_policy", "reject", CollisionPolicy.VAST_WINS),
        ("collision_policy", "warn", CollisionPolicy.OPENRTB_WINS),
        ("collision_policy", "merge", CollisionPolicy.MERGE),
        ("selection_strategy", "max_revenue", SelectionStrategy.TOP_N),
        ("selection_strategy", "balanced", SelectionStrategy.TOP_N),
        ("selection_strategy", " all ", SelectionStrategy.ALL),
        ("receiver", "gam_ssu", "GAM_SSU"),
        ("vast_version_default", 4.2, "4.2"),
        ("vast_version_default", 3, "3.0"),
        ("max_ads_in_pod", "7", 7),
        ("enable_debug", "true", True),
        ("deals_first", "False", False),
        ("version_policy", "fixed", "FIXED"),
    ],
)
def test_case_89_other_spellings_are_understood(key, alias, meaning):
    config, notices = ReceiverConfig.from_dict({key: alias})
    assert getattr(config, key) == meaning
    assert [notice.code for notice in notices] == (
        ["CONFIG_VALUE_ADJUSTED"] if alias in ("max_revenue", "balanced") else []
    )


@pytest.mark.parametrize(
    ("alias", "meaning"),
    [("VAST_PRICING", "INLINE"), ("advertiser_tag", "INLINE"), ("Extension", "EXTENSIONS"), ("omit", "OMIT")],
)
def test_case_89_other_names_of_placements_are_understood(alias, meaning):
    for key in ("placement_rules", "placement"):
        config, notices = ReceiverConfig.from_dict({key: {"pricing_placement": alias}})
        assert (config.placement_rules.pricing_placement, notices) == (meaning, ())


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        ({"nonsense": 1}, "CONFIG_KEY_UNKNOWN"),
        ({"enabled": True}, "CONFIG_KEY_IGNORED"),
        ({"placement": {"pricing": {"floor_cpm": 1}}}, "CONFIG_KEY_IGNORED"),
        ({"placement_rules": {"nonsense": "INLINE"}}, "CONFIG_KEY_UNKNOWN"),
        ({"placement_rules": {"pricing_placement": "NOWHERE"}}, "CONFIG_VALUE_INVALID"),
        ({"placement_rules": {"pricing_placement": 5}}, "CONFIG_VALUE_INVALID"),
        ({"placement_rules": "INLINE"}, "CONFIG_INVALID"),
        ({"placement": {"debug": True}}, "CONFIG_VALUE_ADJUSTED"),
        ({"receiver": "NOBODY"}, "CONFIG_VALUE_INVALID"),
        ({"receiver": ["x"]}, "CONFIG_VALUE_INVALID"),
        ({"default_currency": "bitcoin"}, "CONFIG_VALUE_INVALID"),
        ({"vast_version_default": "5.0"}, "CONFIG_VALUE_INVALID"),
        ({"vast_version_default": []}, "CONFIG_VALUE_INVALID"),
        ({"max_ads_in_pod": -1}, "CONFIG_VALUE_INVALID"),
        ({"max_ads_in_pod": True}, "CONFIG_VALUE_INVALID"),
        ({"max_ads_in_pod": 1.5}, "CONFIG_VALUE_INVALID"),
        ({"max_ads_in_pod": 101}, "CONFIG_VALUE_ADJUSTED"),
        ({"enable_debug": "maybe"}, "CONFIG_VALUE_INVALID"),
        ({"enable_debug": 1}, "CONFIG_VALUE_INVALID"),
        ({"collision_policy": "fight"}, "CONFIG_VALUE_INVALID"),
        ({"no_ad_error_url": "javascript:1"}, "CONFIG_VALUE_INVALID"),
        ({"no_ad_error_url": "http://e.example.com/\x07"}, "CONFIG_VALUE_INVALID"),
        ({"no_ad_error_url": "http://e.example.com/\ud800"}, "CONFIG_VALUE_INVALID"),
        ({"receiver": 10**5000}, "CONFIG_VALUE_INVALID"),
        ({"vast_version_default": 10**5000}, "CONFIG_VALUE_INVALID"),
        (["x"], "CONFIG_INVALID"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_default_stays(layer, code):
    merged = merge_config(layer, None, None)
    assert [notice.code for notice in merged.notices] == [code]
    assert merged.notices[0].text.startswith(("host", "the host layer"))
    assert merged.config.receiver == "GENERIC"


@pytest.mark.parametrize(("value", "seen"), [(True, "true"), (1.5, "1.5"), ("a", "'a'"), ([1], "a list")])
def test_a_value_that_cannot_be_used_is_shown_as_json_spells_it(value, seen):
    [notice] = merge_config({"max_ads_in_pod": value}).notices
    assert f"max_ads_in_pod is {seen}, but must be a whole number" in notice.text


def test_placement_debug_of_other_formats_switches_debugging_on():
    assert ReceiverConfig.from_dict({"placement": {"debug": True}})[0].enable_debug is True


SPELLINGS = ["GENERIC", "GAM_SSU", "EUR", "4.2", "TOP_N", "ALL", "MERGE", "reject", "INLINE", "SKIP", "FIXED"]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.text(max_size=6),
    st.sampled_from([*SPELLINGS, "https://e.example.com"]),
)
KEYS = st.sampled_from([*ReceiverConfig().to_dict(), "debug", "nonsense"])
RULES = st.dictionaries(
    st.sampled_from(["pricing_placement", "debug_placement", "other"]), VALUES, max_size=3
)
LAYERS = st.one_of(st.none(), st.dictionaries(KEYS, st.one_of(VALUES, RULES), max_size=6))


@given(LAYERS, LAYERS, LAYERS)
def test_merging_is_total_pure_and_gives_a_config_that_reads_back(host, account, profile):
    before = copy.deepcopy((host, account, profile))
    merged = merge_config(host, account, profile)
    assert (host, account, profile) == before
    again, notices = ReceiverConfig.from_dict(merged.config.to_dict())
    assert again == merged.config
    assert notices == ()
    assert merge_config(merged.config).config == merged.config
    assert hash(again) == hash(merged.config)


@given(LAYERS, LAYERS)
def test_a_later_layer_behaves_as_if_its_values_stood_in_the_first(host, profile):
    both = merge_config(host, None, profile).config
    alone = merge_config(None, None, profile)
    for key, layer in alone.provenance.items():
        name = key.removeprefix("placement_rules.")
        holder, other = (
            (both.placement_rules, alone.config.placement_rules) if name != key else (both, alone.config)
        )
        if layer == "profile":
            assert getattr(holder, name) == getattr(other, name)


def test_a_config_built_by_hand_is_checked_like_any_other():
    wrong = ReceiverConfig(receiver="NOBODY", max_ads_in_pod=-3)
    result = build_vast_from_bid_response(None, response(bid()), wrong)
    assert [notice.code for notice in result.warnings] == ["CONFIG_VALUE_INVALID"] * 2
    assert result.no_ad is False


def test_rules_chosen_by_hand_count_as_chosen():
    rules = PlacementRules()
    assert rules.chosen("pricing_placement") is Placement.INLINE
    assert not rules.hands_off
    config = ReceiverConfig(placement_rules=rules)
    result = build_vast_from_bid_response(None, response(bid(adm=inl(version="4.2"), cat=["IAB1"])), config)
    assert b'type="iab_category"' in result.xml


def test_a_key_that_no_text_can_carry_is_told_without_what_cannot_be_written():
    notices = merge_config({"a\ud800\x00b": 1}, None, None).notices
    assert [notice.text for notice in notices] == ["host: ab is no setting"]
