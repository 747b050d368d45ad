"""An ad beside the markup its bid carried: each difference names the edit that made it, for whoever asks why."""

import pytest
from django.urls import reverse

from pipeline.build_page.side_by_side import markup_of, served_ad, side_by_side
from pipeline.intake import Refused
from pipeline.models import Build
from tests.corpus import CORPUS
from tests.pipeline.responses import bid, body, inline, sample, wrapper
from tests.site.rows import make_build
from vast.ad import read

pytestmark = pytest.mark.django_db

PRICED = inline().replace("<AdServingId>", '<Pricing model="CPM" currency="GBP">3.00</Pricing><AdServingId>')


def reasons(build: Build, number: int = 1) -> list[tuple[str, str, str]]:
    """(kind of the line, field, rule) of every reason that is named."""
    found = side_by_side(build, number).differences
    rows = [row for stretch in found.stretches for row in stretch.rows]
    return [(row.kind, reason.field, reason.rule) for row in rows for reason in row.reasons]


def unexplained(build: Build, number: int = 1) -> list[str]:
    """Lines that differ although nothing that was told of before them would cover them."""
    found = side_by_side(build, number).differences
    lines, covered = [], False
    for row in (row for stretch in found.stretches for row in stretch.rows):
        covered = row.kind != "same" and (covered or bool(row.reasons))
        if row.kind != "same" and not covered:
            lines.append((row.right or row.left).text)
    return lines


def test_what_enrichment_wrote_names_its_rule():
    told = reasons(make_build(body(bid(adm=inline(), adomain=["shoes.example"], cat=["IAB18"]))))
    assert ("added", "pricing", "GENERIC: price") in told
    assert ("added", "advertiser", "GENERIC: advertiser") in told
    assert ("added", "categories", "GENERIC: category") in told
    assert ("changed", "Ad", "id and place") in told


def test_a_value_that_was_kept_stands_out_although_its_line_is_the_same():
    told = reasons(make_build(body(bid(adm=PRICED, price="9.99"))))
    assert ("same", "pricing", "VAST_WINS") in told


def test_a_value_that_was_replaced_is_a_changed_line_with_the_policy():
    told = reasons(make_build(body(bid(adm=PRICED)), collision_policy="OPENRTB_WINS"))
    assert ("changed", "pricing", "OPENRTB_WINS") in told


def test_a_receivers_fallbacks_name_the_receiver_and_its_row():
    bare = inline().replace('delivery="progressive" ', "").replace("<AdTitle>Spring shoes</AdTitle>", "")
    told = reasons(make_build(body(bid(adm=bare)), receiver="GAM_SSU"))
    assert ("added", "AdTitle", "GAM_SSU: id fallbacks") in told
    assert ("changed", "Creative@id", "GAM_SSU: id fallbacks") in told
    assert ("changed", "MediaFile@delivery", "GAM_SSU: id fallbacks") in told


def test_what_goes_with_the_bidders_root_says_so():
    rooted = inline().replace("<Ad ", "<Error>https://e.example/root</Error><Ad ", 1)
    surplus = rooted.replace("</Ad>", '</Ad><Ad id="second"><InLine><AdSystem>x</AdSystem></InLine></Ad>')
    told = reasons(make_build(body(bid(adm=surplus))))
    assert ("removed", "Error", "one root for all ads") in told
    assert ("removed", "Ad", "one ad a bid") in told


def differing(build: Build) -> list[tuple[str, str, tuple[str, ...]]]:
    """(kind, line, rules) of every line that differs; the markup's line where it is gone."""
    found = side_by_side(build, 1).differences
    rows = [row for stretch in found.stretches for row in stretch.rows if row.kind != "same"]
    return [
        (row.kind, (row.right or row.left).text.strip(), tuple(reason.rule for reason in row.reasons))
        for row in rows
    ]


def test_what_a_replaced_value_took_away_is_not_blamed_on_another_ad():
    twice = PRICED.replace("<AdServingId>", '<Pricing model="CPM" currency="GBP">4.00</Pricing><AdServingId>')
    build = make_build(body(bid(adm=twice)), collision_policy="OPENRTB_WINS")
    assert ("removed", "Ad", "one ad a bid") not in reasons(build)
    assert unexplained(build) == []


def test_a_comment_beside_the_ad_goes_with_the_bidders_root():
    build = make_build(body(bid(adm=inline().replace("</VAST>", "<!-- of\nthe bidder --></VAST>"))))
    assert ("removed", "VAST", "one root for all ads") in reasons(build)
    assert ("removed", "Ad", "one ad a bid") not in reasons(build)


def test_a_root_of_another_spelling_goes_for_the_documents_own():
    prefixed = (
        wrapper().replace("<", "<v:").replace("<v:/", "</v:").replace("<v:VAST ", '<v:VAST xmlns:v="urn:v" ')
    )
    build = make_build(body(bid(adm=prefixed)), lenient_markup=True)
    assert ("added", "VAST", "one root for all ads") in reasons(build)
    assert unexplained(build) == []


def test_no_line_of_an_ad_that_is_left_out_is_taken_for_one_that_is_served():
    first = inline().replace("<Ad ", '<Ad sequence="2" ', 1)
    served = (
        '<Ad id="second" sequence="1"><InLine><AdSystem>x</AdSystem><AdTitle>Other</AdTitle></InLine></Ad>'
    )
    told = differing(make_build(body(bid(adm=first.replace("</VAST>", f"{served}</VAST>")))))
    gone = [line for kind, line, _ in told if kind == "removed"]
    assert gone[-1] == "</Ad>"
    assert "<AdTitle>Spring shoes</AdTitle>" in gone
    assert [rules for kind, _, rules in told if kind == "changed"] == [("id and place",)]
    assert not any("Other" in line for _, line, _ in told)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (inline() + '<img src="https://e.example/pixel">', "what stands behind &lt;/VAST&gt; was left out"),
        (inline().replace("Spring shoes", "Shoes & more"), "the markup was repaired and served"),
    ],
)
def test_markup_that_was_mended_is_compared_as_it_was_read_and_says_so(viewer, broken, said):
    build = make_build(body(bid(adm=broken)), repair_markup=True)
    assert {rules for _, _, rules in differing(build) if rules} <= {("id and place",), ("GENERIC: price",)}
    assert unexplained(build) == []
    assert said in viewer.get(reverse("build-ad", args=[build.public_id, 1])).content.decode()


def test_each_of_several_linears_names_what_was_done_to_it():
    several = inline().replace("</Linear>", "</Linear><Linear/>", 1)
    build = make_build(body(bid(adm=several, dur=45)), collision_policy="OPENRTB_WINS")
    told = [
        (kind, rules) for kind, line, rules in differing(build) if "Linear>" in line or "Duration" in line
    ]
    assert told == [
        ("changed", ("OPENRTB_WINS",)),
        ("changed", ("GENERIC: duration",)),
        ("added", ()),
        ("added", ()),
    ]


def test_several_elements_written_into_one_line_are_all_told():
    """Text between elements keeps them on one line."""
    build = make_build(
        body(bid(adm=wrapper().replace("<AdSystem>Test server</AdSystem>", "…"))), receiver="GAM_SSU"
    )
    assert ("changed", "AdSystem", "GAM_SSU: id fallbacks") in reasons(build)
    assert unexplained(build) == []


def test_each_ad_of_a_pod_stands_beside_its_own_bid():
    build = make_build(sample("pod-three-seats"))
    for number, row in enumerate(build.result["selected"], 1):
        [ad] = read(served_ad(build, number)).ads
        assert ad.id == row["ad_id"]
        assert side_by_side(build, number).bid["bid_id"] == row["bid_id"]
        assert unexplained(build, number) == []


def test_a_bid_without_markup_has_an_empty_left_side_and_says_what_was_done():
    ad = side_by_side(make_build(body(bid(adm="", nurl="https://ads.example.com/vast"))), 1)
    assert "nurl was wrapped" in ad.origin
    assert ad.bytes_in == 0


@pytest.mark.parametrize("number", [0, -1, 2])
def test_there_is_no_ad_beyond_the_last_or_before_the_first(viewer, number):
    build = make_build()
    with pytest.raises(IndexError):
        side_by_side(build, number)
    address = f"/builds/{build.public_id}/ads/{number}/"
    assert viewer.get(address).status_code == 404


def test_the_page_works_alone_and_as_a_fragment(viewer):
    build = make_build(body(bid(adm=PRICED, adomain=["shoes.example"])))
    address = reverse("build-ad", args=[build.public_id, 1])
    page, fragment = viewer.get(address), viewer.get(address, headers={"HX-Request": "true"})
    assert b"<html" in page.content
    assert b"<html" not in fragment.content
    for answer in (page, fragment):
        text = answer.content.decode()
        assert "VAST_WINS" in text
        assert '<span class="visually-hidden">changed</span>' in text
        assert '<span class="visually-hidden">added</span>' in text
        assert "unchanged line" in text


def test_both_sides_can_be_read_as_text_and_never_as_a_page(viewer):
    hostile = inline(title="&lt;script&gt;alert(1)&lt;/script&gt;")
    build = make_build(body(bid(adm=hostile)))
    for side, text in (("adm", hostile), ("served", served_ad(build, 1))):
        answer = viewer.get(reverse("build-ad-markup", args=[build.public_id, 1, side]))
        assert answer.content.decode() == text
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert viewer.get(reverse("build-ad-markup", args=[build.public_id, 1, "other"])).status_code == 404
    assert viewer.get(reverse("build-ad-markup", args=[build.public_id, 2, "adm"])).status_code == 404


def test_markup_too_long_to_be_compared_says_so_and_offers_both_sides(viewer):
    long = inline(title="\n".join(str(number) for number in range(70_000)))
    build = make_build(body(bid(adm=long)))
    text = viewer.get(reverse("build-ad", args=[build.public_id, 1])).content.decode()
    assert "too long to be compared" in text
    assert reverse("build-ad-markup", args=[build.public_id, 1, "adm"]) in text
    assert len(text) < 50_000


def test_a_wrapper_is_compared_too():
    build = make_build(body(bid(adm=wrapper())), receiver="GAM_SSU")
    assert markup_of(build, 1) == wrapper()
    assert unexplained(build) == []


@pytest.mark.skipif(not CORPUS, reason="the open corpus is not here")
def test_nearly_every_difference_of_real_markup_has_its_reason(count_up):
    total = explained = 0
    for path in sorted((CORPUS / "vast").rglob("*.xml"))[:400]:
        try:
            text = path.read_text()
            build = make_build(
                body(bid(adm=text, adomain=["a.example"], cat=["IAB1"], dur=30)), receiver="GAM_SSU"
            )
            found = side_by_side(build, 1).differences
        except (Refused, UnicodeDecodeError):
            continue
        total += found.total
        explained += found.total - len(unexplained(build))
    assert total > 1_000
    count_up(f"side by side: {explained} of {total} differing lines have a reason")
    assert explained / total > 0.99
