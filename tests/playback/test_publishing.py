"""Every change of a profile is a version; an edit of something else than what is stored is refused."""

import pytest

from playback.models import ProfileVersion, Provider
from playback.rules.publishing import OUTSIDE, Conflict, begun, publish, renamed, versions
from tests.site.rows import make_provider
from vastdash.models import Publisher
from vastdash.version import version_of

pytestmark = pytest.mark.django_db

FAST = {"mode": "headless"}


def say(playback: dict, *, name: str = "yandex", read: dict | None = None, **how):
    read = Provider.objects.get(name=name).playback if read is None else read
    how = {"user": None, "note": "because", "origin": "published", **how}
    return publish("provider", name, playback, read=version_of(read), **how)


def numbers(name: str = "yandex", level: str = "provider") -> list[tuple[int, str]]:
    return [(row.number, row.origin) for row in versions(level, name)]


def test_the_first_edit_puts_what_was_there_on_record_and_then_itself():
    before = make_provider("yandex").playback
    made = say(FAST)
    assert (made.number, made.origin, made.note, made.playback) == (2, "published", "because", FAST)
    assert numbers() == [(2, "published"), (1, "first")]
    assert versions("provider", "yandex").last().playback == before
    assert Provider.objects.get().playback == FAST


def test_what_is_stored_already_makes_no_version():
    make_provider("yandex")
    assert say(FAST).pk == say(FAST).pk
    assert ProfileVersion.objects.count() == 2


def test_an_edit_of_something_else_than_what_is_stored_is_refused_and_changes_nothing():
    before = make_provider("yandex").playback
    say(FAST)
    with pytest.raises(Conflict) as refused:
        say({"mode": "real"}, read=before)
    assert refused.value.row.playback == FAST
    assert Provider.objects.get().playback == FAST
    assert len(numbers()) == 2


def test_a_change_made_past_the_versions_is_put_on_record_before_the_next():
    row = make_provider("yandex")
    say(FAST)
    Provider.objects.filter(pk=row.pk).update(playback={"mode": "auto"})
    say({"mode": "real"})
    found = versions("provider", "yandex")[1]
    assert (found.number, found.note, found.playback) == (3, OUTSIDE, {"mode": "auto"})


def test_versions_follow_a_new_name_behind_those_that_a_deleted_row_has_left():
    for name in ("cellar", "attic"):
        Publisher.objects.create(name=name, title=name, playback={})
        publish("publisher", name, FAST, user=None, note="", origin="published", read=version_of({}))
    Publisher.objects.get(name="cellar").delete()
    renamed("publisher", "attic", "cellar")
    assert numbers("cellar", "publisher") == [(4, "published"), (3, "first"), (2, "published"), (1, "first")]
    assert numbers("attic", "publisher") == []


def test_a_row_made_anew_under_the_name_of_a_deleted_one_begins_behind_its_versions():
    for _ in range(2):
        row = Publisher.objects.create(name="attic", title="Attic", playback=FAST)
        begun("publisher", row)
        row.delete()
    assert numbers("attic", "publisher") == [(2, "first"), (1, "first")]


def test_nobody_publishes_to_a_row_that_is_not_there():
    with pytest.raises(Provider.DoesNotExist):
        publish("provider", "nobody", FAST, user=None, note="", origin="published", read="")
