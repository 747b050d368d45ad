"""Profiles as a document: written and read back exactly, weighed in words, stored whole or not at all."""

import json

import pytest
from django.core.management import CommandError, call_command

from playback.exchange.applying import NotApplied, apply
from playback.exchange.document import entries, export, write
from playback.exchange.preview import previews
from playback.exchange.reading import TEXT_MAX_BYTES, Unreadable, read
from playback.models import ProfileVersion, Provider
from tests.site.rows import make_provider
from vastdash.models import Publisher

SECTIONS = ("providers", "publishers")

pytestmark = pytest.mark.django_db

ATTIC = {
    "mode": "headless",
    "rules": [{"event": "complete", "removed": True}, {"event": "start", "probability": 0.5}],
}


@pytest.fixture
def attic():
    make_provider("yandex", "legacy")
    return Publisher.objects.create(name="attic", title="Attic: “TV”", playback=ATTIC)


def document(**sections):
    return entries({"version": 1, **sections})


def versions(found):
    return {preview.key: preview.read for preview in previews(found)}


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_exported_comes_back_as_it_was(attic, form):
    text = write(export(), form)
    found = entries(read(text))
    assert [preview.state for preview in previews(found)] == ["unchanged", "unchanged"]
    assert [entry.playback for entry in found] == [Provider.objects.get().playback, ATTIC]
    assert write(export(), form) == text
    assert write(export(publisher="attic"), form) != text
    assert "yandex" not in write(export(publisher="attic"), form)


def test_a_preview_says_in_words_what_changes_and_order_counts(attic):
    data = read(write(export(), "yaml"))
    yandex = data["providers"]["yandex"]
    rules = yandex["playback"]["interruption_rules"]
    rules["start"]["probability"] = 0.33
    yandex["playback"] |= {
        "interruption_rules": dict(reversed(rules.items())),
        "max_session_duration_sec": 60,
    }
    data["publishers"]["attic"] = {"title": "Loft"}
    changed = previews(entries(data))
    assert changed[0].changes == (
        ("Rule start", "probability", "10 %", "33 %"),
        (
            "Order of the rules",
            "",
            "start, firstQuartile, midpoint, thirdQuartile, complete",
            "complete, thirdQuartile, midpoint, firstQuartile, start",
        ),
        ("Longest session, s", "", "not stated", "60"),
    )
    assert changed[1].changes == (("Title", "", "Attic: “TV”", "Loft"),)


@pytest.mark.parametrize(
    ("section", "said", "path", "text"),
    [
        (
            "providers",
            {"playback": {"mode": "fast"}},
            "playback.mode",
            "unknown value 'fast'; known: real, headless, auto",
        ),
        ("providers", {"playback": {"speed": 1}}, "playback.speed", "unknown field; known: mode, "),
        (
            "providers",
            {"playback": {"interruption_rules": {"start": {"probabilty": 1}}}},
            "playback.interruption_rules.start.probabilty",
            "unknown field; known: probability",
        ),
        (
            "providers",
            {"playback": {"interruption_rules": {"begin": None}}},
            "playback.interruption_rules.begin",
            "known: request, load, start",
        ),
        ("providers", {"playback": []}, "playback", "not a mapping"),
        (
            "providers",
            {"playback": {"interruption_rules": {"start": {"kind": []}}}},
            "start.kind",
            "unknown kind",
        ),
        ("providers", {"titel": "x"}, "titel", "unknown key; known: title, description, playback"),
        ("publishers", {"description": "x"}, "description", "unknown key; known: title, playback"),
        ("publishers", {"title": 7}, "title", "7 is no text"),
        (
            "publishers",
            {"playback": {"interruption_rules": {"start": {"max_offset_sec": -9}}}},
            "start.min_offset_sec",
            "with yandex: the window begins at 0 s, after its end at -9 s",
        ),
        ("publishers", None, "", "states nothing"),
    ],
)
def test_what_the_engine_would_refuse_is_told_at_its_path_and_nothing_is_stored(
    attic, section, said, path, text
):
    found = document(**{section: {"it": said}})
    (fault,) = found[0].faults
    assert fault.path.startswith(f"{section}.it")
    assert fault.path.endswith(path)
    assert text in fault.text
    with pytest.raises(NotApplied):
        apply([*found, *document(publishers={"attic": {"title": "Loft"}})], {}, user=None, note="")
    assert not Provider.objects.filter(name="it").exists()
    assert Publisher.objects.get().title == attic.title


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: &x [1]\nb: [*x, *x]", "line 1: anchors and aliases"),
        ("version: 1\nversion: 1", "line 2: version is stated twice"),
        ('{"a": 1, "a": 2}', "a is stated twice"),
        ("a: " + "[" * 30, "nested deeper"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested too deep"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ('{"a": "\\u0000"}', "a: holds a character that is none"),
        ("a: " + "9" * 5000, "line 1: a number of 5000 characters"),
        # Base 60: the numbers of YAML 1.1 take the square of their length.
        ("a: 1" + ":1" * 300_000, "line 1: a number of 600001 characters"),
        (
            '{"a": 1, ' + ", ".join(f'"k{n}": 1' for n in range(60_000)) + ', "z": 1, "z": 2}',
            "z is stated twice",
        ),
        ("a: !!bool maybe", "cannot be read"),
        ("a: !!int ''", "cannot be read"),
        ("a: !!timestamp noon", "cannot be read"),
        ("a: [1", "line 2: did not find"),
        (b"\xff", "not UTF-8"),
        ("x" * (TEXT_MAX_BYTES + 1), "longer than 1000 kB"),
        (" ", "nothing here"),
    ],
)
def test_a_text_that_is_no_plain_document_is_refused_with_its_reason(text, why):
    with pytest.raises(Unreadable, match=why):
        read(text)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ([], "no document with version, providers, publishers"),
        ({"version": 2}, "version: 2 is not 1"),
        ({"version": 1, "provider": {}}, "provider: unknown key; known: version, providers, publishers"),
        ({"version": 1, "providers": []}, "names no provider"),
        ({"version": 1, "providers": ["x"]}, "providers: holds no names"),
        ({"version": 1, "providers": {f"p{n}": {} for n in range(501)}}, "501 providers and publishers: 500"),
        (
            {"version": 1} | {level: {f"p{n}": {"playback": {}} for n in range(200)} for level in SECTIONS},
            "200 publishers, each to be tried with 200 providers: 100 at a time",
        ),
    ],
)
def test_a_document_of_another_shape_is_refused(data, why):
    with pytest.raises(Unreadable, match=why):
        entries(data)


def test_an_import_stores_rows_and_versions_with_its_note(attic):
    found = document(
        providers={"hulu": {"title": "Hulu", "playback": {"mode": "real"}}},
        publishers={"attic": {"playback": {"mode": "real"}}, "cellar": {"title": "Cellar"}},
    )
    apply(found, versions(found), user=None, note="the new season")
    assert Provider.objects.get(name="hulu").playback == {"mode": "real"}
    assert Publisher.objects.get(name="attic").title == attic.title
    assert Publisher.objects.get(name="cellar").playback == {}
    newest = ProfileVersion.objects.filter(name="attic").order_by("-number").first()
    assert (newest.origin, newest.note, newest.playback) == ("imported", "the new season", {"mode": "real"})


def test_an_import_upon_another_version_than_the_preview_showed_stores_nothing_and_tells_the_new_difference(
    attic,
):
    found = document(
        providers={"yandex": {"title": "Ya"}},
        publishers={"attic": {"title": "Loft"}, "new-one": {"title": "New"}},
    )
    seen = versions(found)
    Publisher.objects.filter(name="attic").update(title="Roof")
    with pytest.raises(NotApplied) as refused:
        apply(found, seen, user=None, note="")
    assert refused.value.stale == {"publisher attic"}
    told = next(preview for preview in refused.value.previews if preview.entry.name == "attic")
    assert told.changes == (("Title", "", "Roof", "Loft"),)
    assert Provider.objects.get().title == "Yandex"
    assert not Publisher.objects.filter(name="new-one").exists()


def test_only_ad_ops_import_and_everybody_who_reads_exports(attic, viewer, ad_ops):
    answer = viewer.get("/profiles/export.json?provider=yandex")
    assert answer["Content-Disposition"] == 'attachment; filename="yandex.json"'
    assert list(json.loads(answer.content)) == ["version", "providers"]
    assert viewer.get("/profiles/export.xml").status_code == 404
    assert viewer.get("/profiles/export.yaml?provider=nobody").status_code == 404
    assert b"<textarea" not in viewer.get("/profiles/").content
    assert viewer.post("/profiles/", {"text": "version: 1"}).status_code == 403
    assert ad_ops.post("/profiles/", {"text": "version: 3"}).status_code == 422


def test_what_was_edited_after_its_preview_is_previewed_again_and_not_stored(attic, ad_ops):
    text = "version: 1\npublishers: {attic: {title: Loft}}"
    shown = ad_ops.post("/profiles/", {"text": text}).context
    sent = {
        "seen": shown["seen"],
        "apply": "1",
        "read": [f"{row.key} {row.read}" for row in shown["previews"]],
    }
    edited = ad_ops.post("/profiles/", {**sent, "text": text.replace("Loft", "Roof")})
    assert edited.context["unseen"]
    assert Publisher.objects.get().title == attic.title
    assert ad_ops.post("/profiles/", {**sent, "text": text}).status_code == 302
    assert Publisher.objects.get().title == "Loft"


def test_the_commands_write_tell_and_store_as_the_page_does(attic, tmp_path, capsys):
    call_command("export_profiles", "--format", "json", "--publisher", "attic")
    path = tmp_path / "attic.json"
    path.write_text(capsys.readouterr().out.replace("headless", "real"))
    call_command("import_profiles", str(path), "--dry-run")
    assert capsys.readouterr().out == "publisher attic: changed\n  Mode: headless -> real\n"
    assert Publisher.objects.get().playback == ATTIC
    call_command("import_profiles", str(path), "--note", "by hand")
    assert Publisher.objects.get().playback == ATTIC | {"mode": "real"}
    assert ProfileVersion.objects.order_by("-number")[0].note == "by hand"
    path.write_text("version: 1\nproviders: {x: {playback: {mode: fast}}}")
    with pytest.raises(CommandError, match="nothing was stored"):
        call_command("import_profiles", str(path))
    assert "providers.x.playback.mode: unknown value 'fast'" in capsys.readouterr().out
