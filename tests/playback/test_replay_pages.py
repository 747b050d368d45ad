"""A session gone through again on its pages and on the API; two sessions compared."""

import pytest
from django.urls import reverse

from playback.models import Session
from tests.pipeline.responses import inline
from tests.playback.servers import serving
from tests.site.rows import make_provider, make_session, play_out, run_batch

pytestmark = pytest.mark.django_db

API = "/api/v1/sessions"


@pytest.fixture
def ended() -> Session:
    make_provider("yandex")
    return play_out(make_session(inline(), provider="yandex", seed=3))


def page(client, row: Session, route: str = "session-replay", **query):
    return client.get(reverse(route, args=[row.public_id]), query)


def step_of(answer) -> str:
    return answer.context["walk"].title


def test_every_step_has_an_address_and_a_number_too_high_is_the_last(viewer, ended):
    first, last = page(viewer, ended), page(viewer, ended, at=999)
    assert (step_of(first), step_of(last)) == ("before it began", ended.record["events"][-1]["event_type"])
    assert b"equal to the stored record" in first.content
    walk = last.context["walk"]
    assert walk.step.state.status == ended.status
    assert {row.row.key for row in walk.due} <= {name["key"] for name in _ledger(viewer, ended)}


def _ledger(client, row):
    return client.get(f"{API}/{row.public_id}/ledger").json()["items"]


def test_a_step_is_asked_for_alone_by_the_page_that_has_the_others(viewer, ended):
    answer = viewer.get(
        reverse("session-replay", args=[ended.public_id]), {"at": "1"}, headers={"hx-request": "true"}
    )
    assert answer.content.strip().startswith(b'<div id="step" data-at="1"')


def test_a_record_of_another_version_is_told_as_such(viewer, ended):
    ended.record["tracked"][0][1] += 5
    Session.objects.filter(pk=ended.pk).update(record=ended.record)
    assert "otherwise than its replay in 1 place" in page(viewer, ended).content.decode()
    (difference,) = viewer.get(f"{API}/{ended.public_id}/replay").json()["differences"]
    assert difference["field"] == "tracked[0][1]"


def test_a_session_without_an_ad_says_that_there_is_nothing_to_step_through(viewer, settings):
    settings.FETCH_ALLOWED = ["127.0.0.1"]
    with serving() as (here, _):
        row = make_session(url=f"{here}/nothing")
    assert "There was no ad to play" in page(viewer, row).content.decode()
    assert "There was no ad to play" in page(viewer, row, "session-otherwise", seed=1).content.decode()
    assert viewer.get(f"{API}/{row.public_id}/replay").status_code == 409
    with_itself_and_another = {"a": row.public_id, "b": play_out(make_session()).public_id}
    assert viewer.get(reverse("compare-sessions"), with_itself_and_another).status_code == 200


def test_a_record_that_cannot_be_read_is_shown_as_such(viewer, ended):
    Session.objects.filter(pk=ended.pk).update(record={"schema_version": 9})
    assert "schema_version" in page(viewer, ended).content.decode()
    assert viewer.get(f"{API}/{ended.public_id}/compare/{ended.public_id}").status_code == 409


def test_another_seed_is_played_and_nothing_is_stored(viewer, ended):
    before = Session.objects.count()
    told = page(viewer, ended, "session-otherwise", seed=1).context["told"]
    assert (told.seed, told.other.session.end_reason) == (1, "completed")
    another = page(viewer, ended, "session-otherwise", another="1", mode="real")
    assert another.status_code == 302
    assert "mode=real" in another["Location"]
    assert viewer.get(another["Location"]).status_code == 200
    assert Session.objects.count() == before


def test_the_same_seed_in_the_other_mode_gives_the_same(viewer, ended):
    answer = page(viewer, ended, "session-otherwise", mode="real")
    assert "Equal, lateness aside" in answer.content.decode()
    assert not answer.context["told"].differs


@pytest.mark.parametrize(
    ("query", "field"), [({"seed": "-1"}, "seed"), ({"seed": "x"}, "seed"), ({"mode": "loud"}, "mode")]
)
def test_a_question_that_cannot_be_asked_is_refused_at_its_field(viewer, ended, query, field):
    answer = page(viewer, ended, "session-otherwise", **query)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_sessions_of_a_batch_are_gone_through_and_compared_like_any_other(viewer):
    make_provider("global", "legacy")
    batch = run_batch(providers=("global",), sessions=10)
    names = [f"{batch.public_id}-{ordinal}" for ordinal in (3, 4)]
    answer = viewer.get(f"/sessions/{names[0]}/replay/?at=3")
    assert "equal to the stored record" in answer.content.decode()
    assert answer.context["walk"].due
    assert viewer.get(f"/sessions/{names[0]}/otherwise/?seed=1").context["told"].seed == 1
    told = viewer.get(reverse("compare-sessions"), {"a": names[0], "b": names[1]}).context["told"]
    assert "seed" in {change.what for section in told.differing for change in section.changes}


class TestTwoSessions:
    @pytest.fixture
    def two(self, ended):
        return ended, play_out(make_session(inline(), provider="yandex", seed=1))

    def compare(self, client, query):
        return client.get(reverse("compare-sessions"), query)

    def test_are_found_by_their_ids_or_the_beginning_of_them(self, viewer, two):
        a, b = (row.public_id for row in two)
        answer = self.compare(viewer, {"a": a, "b": b[:8]})
        assert [side.label for side in (answer.context["told"].a, answer.context["told"].b)] == [a, b]

    def test_are_ticked_in_a_list_and_the_older_comes_first(self, viewer, two):
        a, b = (row.public_id for row in two)
        assert self.compare(viewer, {"id": [b, a]}).context["told"].a.label == a

    def test_a_choice_that_is_none_is_refused_where_it_was_typed(self, viewer, two):
        a, b = (row.public_id for row in two)
        for query, field, text in (
            ({"a": a, "b": "zzzz"}, "b", "There is no session zzzz."),
            ({"a": a, "b": a}, "b", "This is the same session."),
            ({"id": [a, b, "third"]}, "a", "3 sessions were chosen: two can be compared."),
        ):
            answer = self.compare(viewer, query)
            assert (answer.status_code, answer.context["pair"].errors[field]) == (422, text)

    def test_the_level_of_each_field_is_told_as_the_levels_stand_today(self, viewer, two):
        a, b = two
        told = self.compare(viewer, {"a": a.public_id, "b": b.public_id}).context["told"]
        rows = dict(next(section for section in told.sections if section.name == "Configuration").equal)
        assert rows["headless_playback_speed"] == "0 (override or changed since)"
        assert {
            value.rpartition("(")[2] for name, value in rows.items() if name.startswith("interruption")
        } == {"provider)"}

    def test_are_compared_on_the_api_too(self, viewer, two):
        a, b = two
        told = viewer.get(f"{API}/{a.public_id}/compare/{b.public_id}").json()
        assert {"what": "seed", "was": "3", "now": "1"} in told["differences"]["Rules drawn"]
