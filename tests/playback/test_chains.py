"""Chains of hops as rows: bodies once, the engine's own chain back, and what cannot be a text column's."""

from importlib import import_module

import pytest
from django.apps import apps

from playback.chains import body_of, chain_of, digest, keep, shown_chain
from playback.engine.request.chain import Chain, Hop, Outcome, Redirect
from playback.models import AdDocument, Session
from playback.session_page.chain import told
from tests.pipeline.responses import inline
from tests.site.rows import make_build, make_session

pytestmark = pytest.mark.django_db

XML = inline().encode()
LATIN = "Caf\u00e9".encode("latin-1")
NUL = b"<VAST>\0</VAST>"


def hop(number: int, body: bytes = XML, **fields) -> Hop:
    return Hop(
        **{
            "number": number,
            "url": f"https://ads.example.com/{number}",
            "outcome": Outcome.ADS,
            "body": body,
            "ms": 12.5,
            "macros": (("CACHEBUSTING", "[CACHEBUSTING]", "12345678"),),
            "redirects": (Redirect("https://a.test/", 302, "https://b.test/"),),
            **fields,
        }
    )


@pytest.fixture
def row():
    made = make_session()
    if hasattr(made, "chain"):
        made.chain.delete()
    return Session.objects.get(pk=made.pk)


@pytest.mark.parametrize(
    "bodies", [(XML,), (XML, XML), (b"",), (LATIN,), (NUL,), (XML, LATIN, NUL, b"", XML)]
)
def test_a_chain_comes_back_equal_with_every_body(row, bodies):
    chain = Chain(tuple(hop(number, body) for number, body in enumerate(bodies, 1)), 7, 1.5, "one-uuid")
    keep(row, chain)
    assert chain_of(Session.objects.get(pk=row.pk).chain) == chain


def test_a_body_is_kept_once_however_many_hops_and_sessions_brought_it(row):
    AdDocument.objects.exclude(pk=row.document_id).delete()
    kept = keep(row, Chain((hop(1), hop(2))))
    assert AdDocument.objects.count() == 1  # the document that was handed over is the same
    assert [each["body_sha256"] for each in kept.record["hops"]] == [digest(XML)] * 2
    assert "VAST" not in str(kept.record)


def test_a_chain_is_told_without_bodies_unless_they_are_asked_for(row):
    keep(row, Chain((hop(1), hop(2, outcome=Outcome.EMPTY, code=303))))
    row = Session.objects.get(pk=row.pk)
    assert all(each.body == b"" for each in shown_chain(row.chain).hops)
    short, whole = told(row), told(row, with_bodies=True)
    assert not any("body" in each for each in short["hops"])
    assert [each["body"] for each in whole["hops"]] == [inline()] * 2
    assert (short["count"], short["failed"]) == (2, 1)
    assert short["blame"] == short["hops"][1]["blame"] == "hop 2, ads.example.com, code 303, 12 ms"
    assert short["hops"][0]["blame"] is None


def test_a_chain_that_cannot_be_read_is_told_as_none(row):
    kept = keep(row, Chain((hop(1),)))
    kept.bodies.clear()
    assert told(Session.objects.get(pk=row.pk), with_bodies=True) is None
    kept.record = {"hops": [{"number": 1}]}
    kept.save()
    assert told(Session.objects.get(pk=row.pk)) is None


def test_a_document_of_the_chain_is_found_by_its_hash_also_where_it_is_no_text(row):
    keep(row, Chain((hop(1), hop(2, LATIN))))
    row = Session.objects.get(pk=row.pk)
    assert body_of(row, digest(XML)) == XML
    assert body_of(row, digest(LATIN)) == LATIN
    assert body_of(row, digest(b"another")) is None


def test_sessions_from_before_the_chains_are_told_by_what_they_played_and_how_they_failed():
    build = make_build()
    played, failed = make_session(build=build), make_session()
    Session.objects.update(source="document", error_code=None, ad_index=0)
    Session.objects.filter(pk=failed.pk).update(
        status="error", record={**failed.record, "status": "error", "error_code": 402}
    )
    import_module("playback.migrations.0002_chains_delivery").tell_what_old_rows_say(apps, None)
    found = Session.objects.in_bulk()
    assert (found[played.pk].source, found[played.pk].error_code) == ("build", None)
    assert (found[failed.pk].source, found[failed.pk].error_code) == ("document", 402)
