"""Cases 29 to 35 of pipeline.md §4: currency and price, also where the markup states another."""

from decimal import Decimal

import pytest

from tests.pipeline.engine.adm import Built, bid, cfg0, inl

GBP = '<Pricing model="cpm" currency="GBP">3.00</Pricing>'


def test_case_29_the_currency_of_the_response_is_used():
    built = Built(bid(), cur="EUR")
    assert built.prices[0][1] == "EUR"
    assert b"USD" not in built.xml


@pytest.mark.parametrize(
    ("cur", "written", "warned"),
    [
        ("usd", "USD", False),
        ("", "USD", False),
        (None, "USD", False),
        ("bitcoin", "USD", True),
        ('U"><S', "USD", True),
    ],
)
def test_case_31_an_odd_currency_falls_back_with_a_warning(cur, written, warned):
    for placement in ("INLINE", "EXTENSIONS"):
        built = Built(bid(), cur=cur, config=cfg0(pricing_placement=placement))
        assert [e.get("currency") for e in built.root.iter("*") if e.get("currency")] == [written]
        assert ("CURRENCY_INVALID" in built.codes()) is warned


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (5.5, "5.5"),
        ("5.50", "5.5"),
        (12.34567, "12.3457"),
        (100, "100"),
        (0.00001, "0.00001"),
        (1e-7, "0.0000001"),
    ],
)
def test_case_32_prices_have_at_most_four_decimals_and_are_never_nought(price, text):
    assert Built(bid(price=price)).inline("Pricing")[0].text == text


def test_the_same_amount_of_another_currency_is_another_price():
    markup = inl(inside='<Pricing model="CPM" currency="GBP">9.99</Pricing>')
    kept = Built(bid(price=9.99, adm=markup))
    assert (kept.prices, kept.codes("b1")) == ([(Decimal("9.99"), "GBP", "cpm")], ["FIELD_COLLISION"])
    won = Built(bid(price=9.99, adm=markup), config=cfg0(collision_policy="OPENRTB_WINS"))
    assert won.prices == [(Decimal("9.99"), "USD", "cpm")]


def test_case_34_a_different_price_in_the_markup_follows_the_policy():
    single = bid(price=9.99, adm=inl(inside=GBP))
    kept = Built(single)
    assert (kept.prices, kept.codes("b1")) == ([(Decimal(3), "GBP", "cpm")], ["FIELD_COLLISION"])
    for policy in ("OPENRTB_WINS", "ENRICH_WINS", "warn"):
        won = Built(single, config=cfg0(collision_policy=policy))
        assert (won.prices, won.count("Pricing")) == ([(Decimal("9.99"), "USD", "cpm")], 1)
        assert won.codes("b1") == ["FIELD_COLLISION"]
    assert Built(single, config=cfg0(collision_policy="ignore")).codes("b1") == []
    merged = Built(single, config=cfg0(collision_policy="MERGE"))
    assert merged.prices == [(Decimal(3), "GBP", "cpm")]
    (extension,) = merged.extensions("pricing")
    assert [(child.tag, child.text, child.get("currency")) for child in extension] == [
        ("Price", "9.99", "USD")
    ]
    dropped = Built(single, bid("other", 1), config=cfg0(collision_policy="ERROR"))
    assert dropped.fates == {"b1": "FIELD_COLLISION", "other": "selected"}
    assert [notice.bid_id for notice in dropped.result.errors] == ["b1"]
    assert Built(single, config=cfg0(collision_policy="ERROR")).result.no_ad


def test_case_35_a_blank_price_counts_as_missing_and_an_equal_one_is_kept():
    blanks = (
        "<Pricing/>",
        '<Pricing model="cpm" currency="GBP">  </Pricing>',
        "<Pricing><!-- c --></Pricing>",
    )
    for blank in blanks:
        filled = Built(bid(price=9.99, adm=inl(inside=blank)))
        assert (filled.prices, filled.count("Pricing"), filled.codes("b1")) == (
            [(Decimal("9.99"), "USD", "cpm")],
            1,
            [],
        )
    same = '<Pricing model="CPM" currency="usd"><![CDATA[ 25.00 ]]></Pricing>'
    equal = Built(bid(price=25, adm=inl(inside=same)))
    assert same.encode() in equal.xml
    assert equal.codes("b1") == []


def test_a_price_that_is_no_number_is_a_collision_like_any_other():
    odd = '<Pricing model="cpm" currency="USD">free</Pricing>'
    assert Built(bid(adm=inl(inside=odd))).codes("b1") == ["FIELD_COLLISION"]


def test_a_price_by_another_model_is_another_price():
    adm = inl(inside='<Pricing model="CPC" currency="USD">9.99</Pricing>')
    assert Built(bid(price=9.99, adm=adm)).codes("b1") == ["FIELD_COLLISION"]


@pytest.mark.parametrize("terms", ["", 'model="cpm"', 'currency="usd"', 'model="" currency=" USD "'])
def test_terms_that_the_markup_leaves_open_contradict_nothing(terms):
    adm = inl(inside=f"<Pricing {terms}><![CDATA[ 9.990 ]]></Pricing>")
    built = Built(bid(price=9.99, adm=adm), config=cfg0(collision_policy="ERROR"))
    assert built.texts("Pricing") == ["9.990"]
    assert not built.codes("b1")


@pytest.mark.parametrize("inside", [GBP + GBP, "<Pricing/>" + GBP, GBP + "<Pricing> </Pricing>" + GBP])
def test_several_prices_become_one_on_overwriting(inside):
    built = Built(bid(price=2, adm=inl(inside=inside)), config=cfg0(collision_policy="OPENRTB_WINS"))
    assert built.prices == [(Decimal(2), "USD", "cpm")]
    assert built.count("Pricing") == 1
