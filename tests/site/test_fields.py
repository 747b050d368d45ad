"""JSON columns that come back exactly as they were written."""

import json

import pytest
from django.core import serializers

from playback.models import Session
from tests.site.rows import make_session
from vastdash.fields import ExactJSONField

pytestmark = pytest.mark.django_db


def test_the_order_of_keys_and_every_character_survive_the_database():
    session = make_session()
    odd = {"z": 1, "a": {"ü": "“”", "b": [1.5, None, True]}, "m": "\u2028\\"}
    Session.objects.filter(pk=session.pk).update(record=odd)
    assert json.dumps(Session.objects.get().record) == json.dumps(odd)


def test_a_row_survives_being_written_to_a_fixture_and_read_again():
    session = make_session()
    text = serializers.serialize("json", [session])
    (read,) = serializers.deserialize("json", text)
    assert json.dumps(read.object.record) == json.dumps(session.record)


def test_numbers_that_no_json_knows_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        ExactJSONField().get_prep_value({"offset": float("nan")})


def test_nothing_stays_nothing():
    field = ExactJSONField()
    assert field.get_prep_value(None) is field.from_db_value(None, None, None) is None
    assert field.to_python({"a": 1}) == field.to_python('{"a": 1}') == {"a": 1}
