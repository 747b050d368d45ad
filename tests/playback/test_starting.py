"""Starting a session: what cannot be played is refused by name and leaves nothing behind; what can is stored whole."""

import gzip
from typing import ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from playback.models import AdDocument, Session, SessionLedger
from playback.sources import StartRefused
from tests.pipeline.responses import bid, body, inline, wrapper
from tests.site.rows import make_build, make_provider, make_session, play_out
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db

NO_AD = '<VAST version="4.2"></VAST>'
NO_DURATION = inline().replace("<Duration>00:00:30</Duration>", "")


def nothing_kept() -> bool:
    return not (Session.objects.exists() or AdDocument.objects.exists() or SessionLedger.objects.exists())


@pytest.mark.parametrize(
    ("how", "field", "said"),
    [
        ({"provider": "nobody"}, "provider", "nobody"),
        ({"publisher": "nobody"}, "publisher", "nobody"),
        ({"mode": "sideways"}, "mode", "sideways"),
        ({"seed": -1}, "seed", "-1"),
        ({"seed": 2**53}, "seed", str(2**53)),
        ({"speed": -1.0}, "speed", "-1"),
        ({"speed": float("inf")}, "speed", "inf"),
        ({"vast": "\ud800"}, "vast", "surrogate"),
        ({"ad_index": 1}, "ad_index", "holds 1"),
        ({"vast": NO_AD}, "vast", "303"),
        ({"vast": "no VAST at all"}, "vast", "100"),
        ({"vast": "<!DOCTYPE VAST [<!ENTITY a 'b'>]><VAST/>"}, "vast", "DOCTYPE"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name_and_nothing_is_kept(how, field, said):
    with pytest.raises(StartRefused) as refused:
        make_session(**how)
    assert refused.value.field == field
    assert said in refused.value.text
    assert nothing_kept()


def test_an_ad_without_a_duration_is_refused_or_ends_at_once_but_never_hangs():
    try:
        session = make_session(NO_DURATION)
    except StartRefused:
        assert nothing_kept()
    else:
        assert session.duration_ms == 0


def test_a_started_session_is_stored_pending_with_its_draws_its_document_and_a_ledger():
    make_provider("yandex")
    session = make_session(provider="yandex", seed=3)
    session.refresh_from_db()
    assert (session.status, session.seed, session.provider) == ("pending", 3, "yandex")
    assert session.duration_ms == 30_000
    assert session.record["status"] == "pending"
    assert [row["event"] for row in session.record["interruption_plan"]] == ["start"]
    assert session.document.xml == inline()
    assert session.ledger.entries == []


def test_when_storing_fails_half_way_nothing_is_kept(monkeypatch):
    def full(**_):
        raise OSError("the disk is full")

    monkeypatch.setattr(SessionLedger.objects, "create", full)
    with pytest.raises(OSError, match="full"):
        make_session()
    assert nothing_kept()


def test_the_same_document_is_kept_once():
    first, second = make_session(), make_session()
    assert first.document_id == second.document_id


def test_the_same_seed_draws_the_same_and_another_draws_otherwise():
    make_provider("yandex")
    drawn = [make_session(provider="yandex", seed=seed).record["interruption_plan"] for seed in (5, 5, 6)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_without_a_seed_a_random_one_is_chosen_and_kept():
    seeds = {make_session(seed=None).seed for _ in range(3)}
    assert len(seeds) == 3
    assert all(0 <= seed < 2**53 for seed in seeds)


@pytest.mark.parametrize(("setting", "mode"), [("", "real"), ("headless", "headless"), ("real", "real")])
def test_auto_means_what_the_environment_said_when_the_site_started(settings, setting, mode):
    settings.PLAYBACK_MODE = setting
    assert make_session(mode="auto").mode == mode


def test_an_environment_that_names_no_mode_is_blamed_by_its_name(settings):
    settings.PLAYBACK_MODE = "sideways"
    with pytest.raises(StartRefused, match="VASTDASH_PLAYBACK_MODE"):
        make_session(mode="auto")
    assert nothing_kept()


def test_all_four_levels_come_from_their_rows_each_above_the_one_before(settings):
    settings.SESSION_PERSISTENCE = True
    provider = make_provider("yandex")
    provider.playback = {
        **provider.playback,
        "max_session_duration_sec": 100.0,
        "quartile_offset_tolerance_sec": 0.25,
        "headless_playback_speed": 4.0,
        "enable_session_persistence": False,
    }
    provider.save()
    rules = [
        {"event": "start", "probability": 0.75},
        {"event": "midpoint", "probability": 0.5, "max_offset_sec": 9.0},
    ]
    Publisher.objects.create(
        name="attic",
        title="Attic",
        playback={"max_session_duration_sec": 50.0, "headless_playback_speed": 8.0, "rules": rules},
    )
    config = make_session(provider="yandex", publisher="attic", speed=2.0).record["config"]
    assert config["headless_playback_speed"] == 2.0  # the player's own
    assert config["max_session_duration_sec"] == 50.0  # the publisher
    assert config["quartile_offset_tolerance_sec"] == 0.25  # the provider
    assert config["enable_session_persistence"] is False  # the provider, over the site
    assert config["headless_tick_interval_sec"] == 0.1  # nobody: the default
    start = config["interruption_rules"]["start"]
    assert (start["probability"], start["max_offset_sec"], start["reason"]) == (0.75, 5.0, "network_error")
    assert config["interruption_rules"]["midpoint"]["max_offset_sec"] == 9.0


@pytest.mark.parametrize("persistence", [True, False])
def test_the_site_decides_about_checkpoints_where_nobody_else_does(settings, persistence):
    settings.SESSION_PERSISTENCE = persistence
    assert make_session().record["config"]["enable_session_persistence"] is persistence


def test_a_publisher_can_take_a_providers_rule_away():
    make_provider("yandex")
    Publisher.objects.create(
        name="attic", title="A", playback={"rules": [{"event": "start", "removed": True}]}
    )
    session = make_session(provider="yandex", publisher="attic")
    assert session.record["config"]["interruption_rules"] == {}
    assert session.record["interruption_plan"] == []


def test_publisher_parts_that_turn_a_providers_window_round_are_refused():
    make_provider("yandex")
    Publisher.objects.create(
        name="attic", title="A", playback={"rules": [{"event": "start", "min_offset_sec": 9.0}]}
    )
    with pytest.raises(StartRefused, match="begins at 9 s, after its end at 5 s"):
        make_session(provider="yandex", publisher="attic")
    assert nothing_kept()


class TestTheForm:
    """The same over HTTP, from the play form of a build."""

    def play(self, client, build, **fields):
        data = {
            "ad_index": "0",
            "mode": "headless",
            "speed": "0",
            "provider": "",
            "publisher": "",
            "seed": "7",
        }
        options = {"headers": {"hx-request": "true"}} if fields.pop("htmx", False) else {}
        return client.post(f"{reverse('session-new')}?build={build.public_id}", {**data, **fields}, **options)

    def test_a_session_starts_and_its_page_opens(self, qa):
        make_provider("yandex")
        Publisher.objects.create(name="attic", title="Attic")
        build = make_build()
        answer = self.play(qa, build, provider="yandex", publisher="attic", speed="10")
        session = Session.objects.get()
        assert answer.status_code == 302
        assert answer["Location"] == reverse("session", args=[session.public_id])
        assert (session.build, session.created_by.username) == (build, "qa")
        assert (session.provider, session.publisher, session.seed, session.speed) == (
            "yandex",
            "attic",
            7,
            10.0,
        )
        assert qa.get(answer["Location"]).status_code == 200

    def test_a_fragment_request_is_sent_to_the_page_of_the_session(self, qa):
        answer = self.play(qa, make_build(), htmx=True)
        assert answer["HX-Redirect"] == reverse("session", args=[Session.objects.get().public_id])

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("provider", "nobody", "There is no provider named “nobody”."),
            ("publisher", "nobody", "There is no publisher named “nobody”."),
            ("mode", "sideways", "There is no mode named “sideways”."),
            ("mode", "", "required"),
            ("speed", "3", "3"),
            ("seed", "-1", "0"),
            ("seed", str(2**53), str(2**53 - 1)),
            ("seed", "lucky", "whole number"),
            ("ad_index", "5", "5"),
        ],
    )
    @pytest.mark.parametrize("htmx", [False, True])
    def test_a_wrong_choice_is_refused_beside_its_field(self, qa, field, value, said, htmx):
        answer = self.play(qa, make_build(), htmx=htmx, **{field: value})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert list(answer.context["form"].errors) == [field]
        assert said in " ".join(answer.context["form"].errors[field])
        assert f'id="id_{field}_error"' in page
        assert ("<html" in page) is not htmx
        assert nothing_kept()

    def test_a_wrapper_that_leads_nowhere_is_a_session_with_its_blame(self, qa):
        answer = self.play(qa, make_build(body(bid(adm=wrapper()))))
        session = Session.objects.get()
        assert answer["Location"] == reverse("session", args=[session.public_id])
        assert (session.status, session.error_code, session.source) == ("error", 301, "build")
        assert session.blame.startswith("hop 2, ads.example.com, code 301, ")

    def test_a_configuration_that_does_not_resolve_is_refused_on_the_form(self, qa):
        make_provider("yandex")
        part = {"rules": [{"event": "start", "min_offset_sec": 9.0}]}
        Publisher.objects.create(name="attic", title="A", playback=part)
        answer = self.play(qa, make_build(), provider="yandex", publisher="attic")
        assert answer.status_code == 422
        assert "begins at 9 s, after its end at 5 s" in answer.content.decode()
        assert nothing_kept()

    def test_every_ad_of_a_pod_can_be_chosen(self, qa):
        pod = make_build(body(bid("a", price=9), bid("b", price=3, adm=inline("b", duration="00:00:15"))))
        form = qa.get(f"{reverse('session-new')}?build={pod.public_id}").context["form"]
        labels = [label.partition(".")[0] for _, label in form.fields["ad_index"].choices]
        assert labels == ["the whole pod", "1", "2"]
        self.play(qa, pod, ad_index="")
        assert (Session.objects.get().ad_index, Session.objects.get().duration_ms) == (None, 45_000)
        Session.objects.all().delete()
        self.play(qa, pod, ad_index="1")
        session = Session.objects.get()
        assert (session.record["ad"]["index"], session.duration_ms) == (1, 15_000)

    def test_the_form_offers_no_ad_of_a_build_without_one(self, qa):
        empty = make_build(b'{"id": "1", "seatbid": []}')
        answer = self.play(qa, empty)
        assert answer.status_code == 422
        assert nothing_kept()

    def test_a_build_nobody_made_is_not_found(self, qa):
        assert qa.get(f"{reverse('session-new')}?build=zzzzzzzzzzzz").status_code == 404


class TestTheFormWithoutABuild:
    """A document by file or by paste."""

    FIELDS: ClassVar = {
        "url": "",
        "vast": "",
        "ad_index": "",
        "mode": "headless",
        "speed": "0",
        "seed": "7",
    }

    def play(self, client, **fields):
        return client.post(reverse("session-new"), {**self.FIELDS, **fields})

    @pytest.mark.parametrize("query", ["", "?build="])
    def test_it_offers_an_address_a_file_and_a_text(self, qa, query):
        form = qa.get(reverse("session-new") + query).context["form"]
        assert list(form.fields)[:4] == ["url", "vast_file", "vast", "ad_index"]

    def test_a_pasted_document_is_played(self, qa):
        answer = self.play(qa, vast=inline())
        session = Session.objects.get()
        assert answer["Location"] == reverse("session", args=[session.public_id])
        assert (session.source, session.title, session.ad_index) == ("document", "Pasted document", None)
        assert session.document.xml == inline()

    @pytest.mark.parametrize("packed", [False, True])
    def test_an_uploaded_file_is_played_plain_or_gzipped(self, qa, packed):
        body = gzip.compress(inline().encode()) if packed else inline().encode()
        self.play(qa, vast_file=SimpleUploadedFile("shoes.xml", body))
        session = Session.objects.get()
        assert (session.source, session.title) == ("document", "shoes.xml")
        assert session.document.xml == inline()

    def test_a_file_that_is_no_utf8_text_plays_from_its_bytes(self, qa):
        xml = '<?xml version="1.0" encoding="ISO-8859-1"?>' + inline(title="Caf\u00e9")
        self.play(qa, vast_file=SimpleUploadedFile("cafe.xml", xml.encode("latin-1")))
        session = play_out(Session.objects.get())
        assert (session.status, session.record["ad"]["title"]) == ("completed", "Caf\u00e9")

    @pytest.mark.parametrize(
        ("fields", "field", "said"),
        [
            ({}, "url", "Give an address"),
            ({"vast": inline(), "url": "https://ads.example.com/"}, "vast", "one of"),
            ({"vast": "no VAST"}, "vast", "100"),
            ({"vast": "<VAST/>"}, "vast", "303"),
            ({"vast": inline(), "ad_index": "4"}, "ad_index", "holds 1"),
            ({"vast": inline(), "delivery": "live"}, "delivery", "no delivery that you may choose"),
            ({"url": "ads.example.com/tag"}, "url", "no http or https"),
        ],
    )
    def test_what_cannot_be_played_is_refused_at_its_field(self, qa, fields, field, said):
        answer = self.play(qa, **fields)
        assert answer.status_code == 422
        errors = answer.context["form"].errors
        assert list(errors) == [field]
        assert said in " ".join(errors[field])
        assert nothing_kept()

    def test_a_file_that_cannot_be_unpacked_is_refused_at_the_file(self, qa):
        answer = self.play(qa, vast_file=SimpleUploadedFile("ad.xml.gz", b"\x1f\x8b garbage"))
        assert list(answer.context["form"].errors) == ["vast_file"]
        assert nothing_kept()


def test_more_sessions_than_may_run_at_a_time_are_refused_and_nothing_is_stored(settings):
    settings.RUNNING_SESSIONS_MAX = 1
    make_session()
    with pytest.raises(StartRefused, match="1 sessions are running already"):
        make_session()
    assert Session.objects.count() == 1
