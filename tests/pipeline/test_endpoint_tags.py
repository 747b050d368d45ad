"""The tags that an endpoint's page offers, one for each ad server."""

from pipeline.endpoint.tags import MACROS, tags
from pipeline.engine import PARAMETERS


def test_each_ad_server_has_a_tag_of_its_own_macros():
    found = tags("https://ads.example.com/vast/abc")
    assert set(found) == set(MACROS)
    for server, tag in found.items():
        assert tag.startswith("https://ads.example.com/vast/abc?")
        for name, macro in MACROS[server].items():
            assert f"{name}={macro}" in tag


def test_each_macro_fills_a_parameter_that_the_tag_knows():
    known = {name for parameter in PARAMETERS for name in parameter.names}
    assert [name for macros in MACROS.values() for name in macros if name not in known] == []
