"""Configuration levels as rows: the engine's mapping and the stored list say the same, rule order included."""

from hypothesis import given
from hypothesis import strategies as st

from playback.engine import PROFILE_SETS, ConfigResolver, get_provider_rules
from playback.engine.configuration.interruptions import ANCHORS, EVENT_POSITIONS, InterruptionReason
from playback.rows import from_partial, to_partial
from playback.views.providers import shipped

seconds = st.floats(0, 60, allow_nan=False)
parts = st.fixed_dictionaries(
    {},
    optional={
        "probability": st.floats(0, 1, allow_nan=False),
        "min_offset_sec": seconds,
        "max_offset_sec": seconds,
        "anchor": st.sampled_from(ANCHORS),
        "reason": st.sampled_from([reason.value for reason in InterruptionReason]),
    },
)
rules = st.dictionaries(st.sampled_from(list(EVENT_POSITIONS)), st.none() | parts, min_size=1)
settings = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["real", "headless", "auto"]),
        "max_session_duration_sec": seconds,
        "enable_auto_quartiles": st.booleans(),
        "headless_playback_speed": seconds,
    },
)
partials = st.builds(
    lambda scalars, table: {**scalars, **({"interruption_rules": table} if table else {})},
    settings,
    st.none() | rules,
)


@given(partials)
def test_a_partial_configuration_survives_being_stored(partial):
    back = to_partial(from_partial(partial))
    assert back == partial
    assert list(back.get("interruption_rules", {})) == list(partial.get("interruption_rules", {}))


@given(partials)
def test_a_stored_row_survives_being_read(partial):
    row = from_partial(partial)
    assert from_partial(to_partial(row)) == row


def test_no_rules_at_all_is_the_same_as_not_speaking_of_rules():
    assert (
        from_partial({"mode": "real", "interruption_rules": {}})
        == from_partial({"mode": "real"})
        == {"mode": "real"}
    )


def test_a_taken_away_rule_is_kept_as_taken_away():
    assert from_partial({"interruption_rules": {"start": None}}) == {
        "rules": [{"event": "start", "removed": True}]
    }
    assert to_partial({"rules": [{"event": "start", "removed": True}]}) == {
        "interruption_rules": {"start": None}
    }


def test_every_shipped_profile_resolves_from_its_row_to_the_shipped_rules():
    for profile_set, profiles in PROFILE_SETS.items():
        for name in profiles:
            levels = {name: to_partial(shipped(name, profile_set))}
            config = ConfigResolver.resolve(provider=name, providers=levels)
            assert dict(config.interruption_rules) == get_provider_rules(name, profile_set)
            assert list(config.interruption_rules) == list(profiles[name])
