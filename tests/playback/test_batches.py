"""Batches: made of combinations, run piece by piece, cancelled, gone on with after a crash, played again, deleted."""

import asyncio
import json
from datetime import timedelta
from threading import Event, current_thread

import pytest
from django.core.management import CommandError, call_command

from playback.batches import again, running
from playback.batches.asked import CELLS_MAX, Asked, AskedAd, estimate
from playback.batches.cells import outliers, rows_of, together
from playback.batches.deleting import delete_batch
from playback.batches.making import cancel, make
from playback.batches.members import Wanted, members
from playback.batches.progress import progress_of
from playback.batches.runner import Runner
from playback.engine import HeadlessPlayer
from playback.history import counts
from playback.history.choice import Choice
from playback.models import Batch, Session
from playback.records import trail
from playback.sources import StartRefused, source_of
from tests.pipeline.responses import inline
from tests.site.rows import make_batch, make_build, make_provider, run_batch

pytestmark = pytest.mark.django_db

POD = (
    '<VAST version="4.2">'
    + "".join(
        inline(f"ad-{n}", duration="00:00:10")
        .partition('"4.2">')[2]
        .removesuffix("</VAST>")
        .replace("<Ad id", f'<Ad sequence="{n}" id')
        for n in (1, 2)
    )
    + "</VAST>"
)


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(running, "PIECE", 50)


def cells_of(batch):
    return list(batch.cells.select_related("ad"))


def test_a_batch_is_every_combination_of_what_was_chosen_with_the_sessions_shared_out():
    make_provider("yandex")
    batch = make_batch(inline("a"), inline("b"), lengths=(None, 6000), providers=("", "yandex"), sessions=102)
    cells = cells_of(batch)
    assert [(cell.ad.title, cell.length_ms, cell.provider) for cell in cells[:5]] == [
        ("Ad 1", None, ""),
        ("Ad 1", None, "yandex"),
        ("Ad 1", 6000, ""),
        ("Ad 1", 6000, "yandex"),
        ("Ad 2", None, ""),
    ]
    assert [cell.sessions for cell in cells] == [13] * 6 + [12] * 2
    assert [cell.first for cell in cells] == [0, 13, 26, 39, 52, 65, 78, 90]
    assert len({cell.seed for cell in cells}) == 8
    assert cells[1].config["interruption_rules"]
    assert not cells[0].config["interruption_rules"]


def test_the_same_seed_makes_the_same_batch():
    make_provider("yandex")
    one, other = (run_batch(providers=("yandex",)) for _ in range(2))
    assert [cell.summary for cell in cells_of(one)] == [cell.summary for cell in cells_of(other)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"sessions": 0}, "sessions"),
        ({"sessions": 2001}, "sessions"),
        ({"sessions": 1001, "lengths": (None, 6000), "each": True}, "sessions"),
        ({"sessions": 1, "lengths": (None, 6000)}, "sessions"),
        ({"providers": ("nobody",)}, "providers"),
        ({"publishers": ("nobody",)}, "publishers"),
        ({"providers": ()}, "providers"),
        ({"lengths": (0,)}, "lengths"),
        ({"lengths": tuple(range(1, CELLS_MAX + 2))}, "ads"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_run_is_refused_at_its_field_and_nothing_is_stored(asked, field, settings):
    settings.BATCH_SESSIONS_MAX = 2000
    with pytest.raises(StartRefused) as refused:
        make_batch(**asked)
    assert refused.value.field == field
    assert not Batch.objects.exists()


def test_an_ad_that_cannot_be_played_is_refused_at_where_it_was_given():
    good = AskedAd("builds", source_of(make_build(), None, None))
    empty = AskedAd("vast", source_of(None, '<VAST version="4.2"/>', None, "Nothing in it"))
    with pytest.raises(StartRefused, match=r"Nothing in it: this ad cannot be played: .*303") as refused:
        make(Asked([good, empty]), user=None)
    assert refused.value.field == "vast"
    assert not Batch.objects.exists()


def test_what_a_batch_takes_is_told_before_it_begins():
    ad = AskedAd("vast", source_of(None, inline(), None))
    told = estimate(
        Asked([ad], lengths=(None, 6000), providers=("", "x", "y"), sessions=1000, each=True), 500
    )
    assert (told.cells, told.sessions, told.seconds) == (6, 6000, 12)
    assert told.bytes > 6000 * 100


def test_a_batch_that_is_done_has_stored_each_session_once_and_lies_inside_its_bands(small_pieces):
    make_provider("yandex")
    batch = run_batch(inline("a"), POD, providers=("", "yandex"), lengths=(None, 6000), sessions=800)
    assert (batch.status, batch.done) == (Batch.Status.COMPLETED, 800)
    assert list(
        Session.objects.filter(batch=batch).order_by("ordinal").values_list("ordinal", flat=True)
    ) == [*range(800)]
    rows = rows_of(cells_of(batch))
    assert together(rows).sessions == 800
    assert outliers(rows) == []
    assert sum(row.sessions for row in counts.counts(Choice())) == 800


def test_every_point_of_the_charts_leads_to_as_many_sessions_as_it_says():
    make_provider("global", "legacy")
    batch = run_batch(providers=("global",), sessions=200)
    (row,) = rows_of(cells_of(batch))

    def found(**wanted):
        return len(members(batch, [row], Wanted(**wanted), size=1000).rows)

    results = row.results
    for event, figure in results.funnel.items():
        assert found(reached=event) == figure.count
        assert found(missed=event) == 200 - figure.count
    for reason, count in results.ends.items():
        assert found(reason=reason) == count
    for place in (0, 1, 4, 15, 29):
        assert found(part=str(place)) == results.offsets[place].count
        assert found(alive=str(place)) == results.survival[place].count
    assert found(alive="30") == results.survival[30].count
    assert found(part="30") == found(reached="nothing") == 0


def test_members_are_found_page_by_page_across_cells():
    batch = run_batch(lengths=(None, 6000), sessions=60)
    rows, seen, after = rows_of(cells_of(batch)), [], None
    while True:
        page = members(batch, rows, Wanted(), after, size=25)
        seen += [session.ordinal for session in page.rows]
        if (after := page.next) is None:
            break
    assert seen == [*range(60)]


def test_cancelling_keeps_what_is_done(small_pieces):
    batch = make_batch(sessions=1000)

    def cancel_after_three_pieces(_seconds):
        if Batch.objects.get().done >= 150:
            cancel(batch)

    running.run(batch.public_id, rest=cancel_after_three_pieces)
    batch.refresh_from_db()
    assert (batch.status, batch.done) == (Batch.Status.CANCELLED, 150)
    assert Session.objects.filter(batch=batch).count() == 150
    (cell,) = cells_of(batch)
    assert (cell.done, cell.summary["sessions"]) == (150, 150)


def test_one_that_has_not_begun_is_cancelled_at_once():
    batch = make_batch()
    cancel(batch)
    running.run(batch.public_id)
    batch.refresh_from_db()
    assert (batch.status, batch.done) == (Batch.Status.CANCELLED, 0)


def test_after_a_crash_it_goes_on_behind_what_is_done_and_ends_as_if_undisturbed(small_pieces, monkeypatch):
    make_provider("yandex")
    undisturbed = run_batch(providers=("yandex",), lengths=(None, 6000), sessions=400)
    batch = make_batch(providers=("yandex",), lengths=(None, 6000), sessions=400)
    whole = running.write
    pieces = []

    def crashes_after_storing(cell, start, sessions, at):
        whole(cell, start, sessions, at)
        pieces.append(start)
        if len(pieces) == 6:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "write", crashes_after_storing)
    with pytest.raises(KeyboardInterrupt):
        running.run(batch.public_id)
    batch.refresh_from_db()
    assert (batch.status, batch.done) == (Batch.Status.RUNNING, 250)
    assert Session.objects.filter(batch=batch).count() == 250
    monkeypatch.setattr(running, "write", whole)
    assert running.unfinished() == [batch.public_id]
    running.run(batch.public_id)
    batch.refresh_from_db()
    assert (batch.status, batch.done) == (Batch.Status.COMPLETED, 400)
    assert [cell.summary for cell in cells_of(batch)] == [cell.summary for cell in cells_of(undisturbed)]


def test_a_batch_that_somebody_else_goes_on_with_is_left_to_them(small_pieces):
    batch = make_batch(sessions=300)

    def another_runs_it(_seconds):
        if Batch.objects.get().done == 50:
            running.run(batch.public_id)

    running.run(batch.public_id, rest=another_runs_it)
    batch.refresh_from_db()
    assert (batch.status, batch.done) == (Batch.Status.COMPLETED, 300)
    assert Session.objects.filter(batch=batch).count() == 300


def test_a_batch_whose_ad_can_no_longer_be_read_says_so_and_ends():
    batch = make_batch()
    batch.ads.update(record=None)
    running.run(batch.public_id)
    batch.refresh_from_db()
    assert batch.status == Batch.Status.ERROR
    assert "nothing was kept" in batch.error


@pytest.mark.parametrize(("vast", "length_ms"), [(inline(), None), (inline(), 6000), (POD, None)])
def test_a_session_of_a_batch_is_what_a_headless_player_plays_from_its_seed(vast, length_ms):
    make_provider("global", "legacy")
    batch = run_batch(vast, lengths=(length_ms,), providers=("global",), sessions=40)
    row = Session.objects.filter(batch=batch).exclude(end_reason="completed").first()
    again.complete(row)
    ad, cell = again.ad_of(row), cells_of(batch)[0]
    player = HeadlessPlayer(
        again.client_of_ad(cell.ad), ad, {**cell.config, "headless_playback_speed": 0.0}, seed=row.seed
    )
    played = asyncio.run(player.play())
    assert row.record == json.loads(json.dumps(played.to_dict()))
    assert row.ledger.entries == [entry.to_dict() for entry in player.ledger]
    assert again.entries_of(row) == row.ledger.entries
    assert (row.status, row.end_reason, row.error_code) == (
        played.status.value,
        played.end_reason,
        played.error_code,
    )
    told = [(event.event_type, round(event.offset_sec * 1000)) for event in played.events]
    assert [(event.name, event.offset_ms) for event in trail.read(row.trail)] == told


def test_what_is_derived_is_never_stored():
    row = Session.objects.filter(batch=run_batch(sessions=1)).get()
    assert again.complete(row).record is not None
    stored = Session.objects.get()
    assert stored.record is None
    assert not hasattr(stored, "ledger")


def test_the_time_that_is_left_follows_from_what_is_done():
    batch = make_batch(sessions=1000)
    at = batch.created_at
    batch.status, batch.started_at, batch.done = Batch.Status.RUNNING, at, 250
    batch.heartbeat_at = at + timedelta(seconds=10)
    progress = progress_of(batch, batch.heartbeat_at)
    assert (progress.rate, progress.left_sec, progress.percent) == (25, 30, 25)
    assert not progress.silent
    assert progress_of(batch, batch.heartbeat_at + timedelta(seconds=60)).silent


def test_deleting_takes_its_sessions_and_their_counts():
    kept, gone = run_batch(sessions=30), run_batch(sessions=70)
    delete_batch(gone.public_id)
    assert list(Batch.objects.all()) == [kept]
    assert Session.objects.count() == 30
    assert sum(row.sessions for row in counts.counts(Choice())) == 30


def test_the_command_runs_what_is_left(capsys):
    batch = make_batch(sessions=20)
    call_command("run_batch", batch.public_id)
    assert capsys.readouterr().out == "completed: 20 of 20 sessions\n"
    with pytest.raises(CommandError, match="no batch nothing"):
        call_command("run_batch", "nothing")


async def test_the_runner_runs_what_it_finds_then_what_it_is_given_one_at_a_time(monkeypatch):
    done, ended = [], Event()

    def run_one(public_id, **_how):
        done.append((public_id, current_thread().name))
        if len(done) == 2:
            raise ValueError("the next one has done nothing wrong")
        if len(done) == 3:
            ended.set()

    monkeypatch.setattr(running, "run", run_one)
    monkeypatch.setattr(running, "unfinished", lambda: ["left behind"])
    runner = Runner()
    runner.submit("before it is open: found by the next one that opens")
    assert not runner.delete("nobody is there to do it")
    await runner.open()
    runner.submit("second")
    runner.submit("third")
    assert await asyncio.to_thread(ended.wait, 20)
    await runner.close()
    assert done == [(name, "batches") for name in ("left behind", "second", "third")]
