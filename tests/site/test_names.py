"""A name that two people take at once: one gets it, the other is told at the field."""

import pytest
from django.db import connection

from pipeline.forms.profile import ProfileForm
from playback.forms import PublisherForm
from tests.pipeline.settings_forms import settings_form
from tests.playback.level_forms import level_form
from tests.site.people import PEOPLE, browser_of

WAYS = [
    (ProfileForm, "/receivers/new/", settings_form(name="attic", title="Attic TV"), {}),
    (
        ProfileForm,
        "/api/v1/receivers",
        '{"name": "attic", "title": "Attic TV"}',
        {"content_type": "application/json"},
    ),
    (PublisherForm, "/publishers/new/", level_form([], name="attic", title="Attic TV"), {}),
]


@pytest.mark.parametrize(("form", "address", "data", "how"), WAYS)
def test_a_name_is_found_free_and_taken_in_one_transaction(
    transactional_db, monkeypatch, form, address, data, how
):
    """A transaction begins with the write lock, so that nobody takes the name in between."""
    asked, look = [], form.validate_unique

    def validate_unique(self):
        asked.append(connection.in_atomic_block)
        look(self)

    monkeypatch.setattr(form, "validate_unique", validate_unique)
    client = browser_of(PEOPLE["ad_ops"]())
    assert client.post(address, data, **how).status_code in {201, 302}
    assert asked == [True]
    assert client.post(address, data, **how).status_code == 422
