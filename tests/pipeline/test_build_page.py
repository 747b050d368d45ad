"""A build's own page: the document, every bid's fate, remarks and findings, and the document itself to take away."""

import json
import re

import pytest
from django.urls import reverse

from pipeline.build_page.markup import marked_up, readable
from pipeline.build_page.verdict import verdict
from pipeline.models import Build
from tests.pipeline.responses import SAMPLE_NAMES, bid, body, inline, sample
from tests.site.rows import make_build, make_session, play_out
from vast.document import parse

pytestmark = pytest.mark.django_db

# No Duration: a finding of the linter. The bidder's own text looks like markup of the page.
FAULTY = (
    '<VAST version="3.0"><Ad id="x"><InLine><AdSystem>&lt;script&gt;alert(1)&lt;/script&gt;</AdSystem>'
    "<AdTitle>Faulty &amp; bold</AdTitle><Impression>https://t.example.com/i</Impression>"
    '<Creatives><Creative><Linear><MediaFiles><MediaFile delivery="progressive" type="video/mp4" width="1" '
    'height="1">https://ads.example.com/a.mp4</MediaFile></MediaFiles></Linear></Creative></Creatives>'
    "</InLine></Ad></VAST>"
)


def plain(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


def section(page: str, name: str) -> str:
    """The part of a page with this id, "" where there is none."""
    _, _, rest = page.partition(f'id="{name}"')
    return rest.partition("</section>")[0]


def page_of(client, build: Build):
    answer = client.get(reverse("build", args=[build.public_id]))
    assert answer.status_code == 200
    return answer


def test_the_page_shows_every_bid_with_its_fate_and_the_reason(viewer):
    build = make_build(sample("pod-three-seats"))
    page = page_of(viewer, build).content.decode()
    assert f"{build.selected_count} selected · {build.rejected_count} rejected" in page
    for row in build.result["selected"] + build.result["rejected"]:
        assert row["bid_id"] in page
    for row in build.result["rejected"]:
        assert row["code"] in page
    for notice in build.result["warnings"]:
        assert notice["code"] in page


def test_the_xml_is_shown_readable_and_escaped(viewer):
    page = page_of(viewer, make_build(body(bid(adm=FAULTY)))).content.decode()
    assert "<script>alert(1)" not in page
    assert "&amp;lt;script&amp;gt;alert(1)" in plain(page)


def test_every_finding_links_to_its_line_and_its_line_back_to_it(viewer):
    page = page_of(viewer, make_build(body(bid(adm=FAULTY))))
    remarks = page.context["document"].remarks
    assert any(place.line for remark in remarks for place in remark.places)
    text = page.content.decode()
    lines = {int(line) for line in re.findall(r'id="L-(\d+)"', text)}
    for remark in remarks:
        assert remark.rule in text
        assert f'id="F-{remark.number}"' in text
        for line in [place.line for place in remark.places if place.line]:
            assert f'href="#L-{line}"' in text
            assert line in lines
            back = rf'<span id="L-{line}" [^>]*tabindex="-1">.*?href="#F-{remark.number}"'
            assert re.search(back, text, re.DOTALL)


def test_a_document_without_fault_says_so(viewer):
    build = make_build(sample("inline-vast4"))
    page = page_of(viewer, build)
    remarks = page.context["document"].remarks
    assert ("Nothing to remark." in page.content.decode()) is (not remarks)


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_the_download_is_byte_for_byte_what_was_built(viewer, name):
    build = make_build(sample(name))
    address = reverse("build-vast", args=[build.public_id])
    shown, taken = viewer.get(address), viewer.get(address + "?download=1")
    assert shown.content == taken.content == build.vast.encode()
    assert len(shown.content) == build.result["vast_xml_length"]
    assert shown["Content-Type"] == "application/xml; charset=utf-8"
    assert "Content-Disposition" not in shown
    assert taken["Content-Disposition"] == f'attachment; filename="vast-{build.public_id}.xml"'


def test_the_copy_button_and_the_download_name_the_documents_address(viewer):
    build = make_build()
    page = page_of(viewer, build).content.decode()
    address = reverse("build-vast", args=[build.public_id])
    assert f'data-copy-from="{address}"' in page
    assert f'href="{address}?download=1"' in page


def test_the_readable_form_differs_from_the_document_in_blank_text_only():
    xml = make_build(sample("pod-three-seats")).vast

    def meaning(text: str):
        return [
            (node.tag, dict(node.attrib), (node.text or "").strip())
            for node in parse(text, lenient=True).root.iter()
        ]

    assert meaning(readable(xml)) == meaning(xml)
    assert readable(xml).count("\n") > xml.count("\n")


def test_a_very_long_line_is_cut_and_says_so():
    html = marked_up(inline().replace("<AdTitle>", "<AdTitle>" + "x" * 600_000)).html
    assert 'id="L-1"' in html
    assert "characters more)" in plain(html)
    assert len(html) < 60_000


def test_a_viewer_reads_but_finds_no_way_to_build_or_play(viewer, qa):
    build = make_build()
    seen, offered = page_of(viewer, build).content.decode(), page_of(qa, build).content.decode()
    for control in ("Play this", 'hx-post="/sessions/new/', "New build"):
        assert control not in seen
        assert control in offered


def test_the_page_lists_the_sessions_that_played_this_build(viewer):
    build = make_build()
    session = play_out(make_session(build.vast, build=build))
    page = page_of(viewer, build).content.decode()
    assert reverse("session", args=[session.public_id]) in page
    assert "completed" in page


@pytest.mark.parametrize("route", ["build", "build-vast"])
def test_a_build_nobody_made_is_not_found(viewer, route):
    assert viewer.get(reverse(route, args=["zzzzzzzzzzzz"])).status_code == 404


def test_the_list_shows_newest_first_with_outcome_and_maker(viewer):
    first = make_build()
    second = make_build(json.dumps({"id": "1", "seatbid": []}).encode())
    page = viewer.get(reverse("build-list"))
    assert [row.pk for row in page.context["page"].rows] == [second.pk, first.pk]
    text = page.content.decode()
    assert "no ad" in text
    assert "1 ad" in text


def test_an_empty_list_says_what_to_do_to_those_who_may(viewer, qa):
    assert "No builds yet" in viewer.get(reverse("build-list")).content.decode()
    assert reverse("build-new") not in viewer.get(reverse("build-list")).content.decode()
    assert reverse("build-new") in qa.get(reverse("build-list")).content.decode()


def test_the_overview_shows_the_last_builds(viewer):
    build = make_build()
    assert build.public_id in viewer.get("/").content.decode()


def test_a_document_of_more_ads_than_the_reader_takes_at_once_is_readable_part_by_part():
    many = inline().replace(
        "<Creatives>", "<Extensions>" + "<Extension/>" * 90_000 + "</Extensions><Creatives>"
    )
    document = marked_up(many, first=50_000)
    assert "error" not in document.findings
    assert document.lines > 90_000
    assert 'id="L-50000"' in document.html
    assert len(document.html) < 100_000


def test_the_reason_of_a_rejection_stands_with_the_bid_and_not_again_among_the_warnings(viewer):
    build = make_build(sample("broken-adm"))
    page = page_of(viewer, build).content.decode()
    [rejected] = build.result["rejected"]
    assert rejected["code"] in section(page, "bids")
    assert rejected["code"] not in section(page, "warnings")
    assert any(notice["code"] == rejected["code"] for notice in build.result["warnings"])


def test_the_list_counts_the_warnings_that_the_page_shows(viewer):
    build = make_build(sample("pod-three-seats"))
    assert build.rejected_count
    told = section(page_of(viewer, build).content.decode(), "warnings")
    assert f"· {build.warning_count} warning" in told
    assert make_build(sample("broken-adm")).warning_count == 0


def test_every_link_within_the_page_leads_to_a_part_of_it(viewer):
    """Also where there are more ads than are told about at once: the others have pages of their own."""
    bids = [bid(f"bid-{number}", price=number, adm=priced("1")) for number in range(100, 130)]
    build = make_build(body(*bids), selection_strategy="ALL")
    page = page_of(viewer, build).content.decode()
    targets = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets
    for part in ("pod", "bids"):
        assert reverse("build-ad", args=[build.public_id, 30]) in section(page, part)
    assert "ad 20</a>" in page


def priced(price: str, name: str = "shoes") -> str:
    """An ad whose markup states a price."""
    stated = f'<Pricing model="CPM" currency="USD">{price}</Pricing><AdServingId>'
    return inline(name).replace("<AdServingId>", stated)


def of_two_seats(one: str, other: str) -> bytes:
    """Two seats that use the same bid id, each with the markup given; the first bids more."""
    seats = [
        {"seat": seat, "bid": [bid("same", price=price, adm=adm)]}
        for seat, price, adm in (("alpha", 9, one), ("beta", 8, other))
    ]
    return json.dumps({"id": "r", "cur": "USD", "seatbid": seats}).encode()


@pytest.mark.parametrize(
    ("one", "other", "policy", "blamed"),
    [
        (inline("a"), priced("3.00", "b"), "VAST_WINS", [2]),
        (inline("a"), priced("3.00", "b"), "OPENRTB_WINS", [2]),
        (inline("a"), priced("3.00", "b"), "MERGE", [2]),
        (priced("4.00", "a"), priced("3.00", "b"), "VAST_WINS", [1, 2]),
        (priced("3.00", "a"), priced("3.00", "b"), "VAST_WINS", [1, 2]),
        (inline("a"), priced("3.00", "b"), "ERROR", [None]),
        (priced("3.00", "a"), inline("b"), "ERROR", [None]),
    ],
)
def test_of_two_bids_of_one_id_the_verdict_names_the_ad_that_disagrees(one, other, policy, blamed):
    build = make_build(of_two_seats(one, other), collision_policy=policy)
    found = verdict(build.result).disagreements
    assert sorted((item.number for item in found), key=str) == blamed
    for item in found:
        if item.number:
            bid_price = build.result["selected"][item.number - 1]["price"]
            assert f"the bid says '{bid_price} USD'" in item.text
