"""Selector, enricher and formatter can be replaced, one by one (pipeline.md §1.5)."""

from dataclasses import replace

from pipeline.engine import RECEIVERS, Enricher, Parts, build_vast_from_bid_response
from pipeline.engine.select import rank, reject
from pipeline.engine.write import ad_document
from tests.pipeline.engine.adm import bid, inl, response

BIDS = response(bid("a", 9), bid("b", 8, inl("b")), bid("c", 7, inl("c")))
POD = {"selection_strategy": "TOP_N", "max_ads_in_pod": 2}


def ids(result):
    return [item.meta.bid_id for item in result.selected]


def test_a_selector_of_ones_own_decides_order_and_rejections():
    def cheapest_first(received, asked, config, limits=None):
        ranking = rank(received, asked, config, limits)
        best, *others = ranking.bids
        rejected = (*ranking.rejected, reject(best, "TOO_DEAR", "the dearest is left out"))
        return replace(ranking, bids=tuple(reversed(others)), rejected=rejected)

    result = build_vast_from_bid_response(None, BIDS, POD, parts=Parts(selector=cheapest_first))
    assert ids(result) == ["c", "b"]
    assert [(row.bid_id, row.code) for row in result.rejected] == [("a", "TOO_DEAR")]


def test_an_enricher_of_ones_own_writes_what_it_wants():
    class WithoutPrices(Enricher):
        def enrich(self, markup, meta):
            return super().enrich(markup, replace_price(meta))

    def replace_price(meta):
        return type(meta)(
            **{**{f: getattr(meta, f) for f in meta.__struct_fields__}, "price": meta.price * 0}
        )

    result = build_vast_from_bid_response(None, BIDS, POD, parts=Parts(enricher=WithoutPrices))
    assert b"<Pricing" not in result.xml
    assert ids(result) == ["a", "b"]


def test_a_formatter_of_ones_own_writes_the_document():
    def signed(version, ads):
        return ad_document(version, ads) + b"<!-- signed -->"

    result = build_vast_from_bid_response(None, BIDS, POD, parts=Parts(formatter=signed))
    assert result.xml.endswith(b"</VAST><!-- signed -->")
    ours = build_vast_from_bid_response(None, BIDS, POD)
    assert result.xml.startswith(ours.xml)


def test_a_receiver_added_to_the_registry_is_one_that_a_config_may_name(monkeypatch):
    monkeypatch.setitem(RECEIVERS, "SET_TOP_BOX", replace(RECEIVERS["GENERIC"], name="SET_TOP_BOX"))
    result = build_vast_from_bid_response(None, BIDS, {"receiver": "set_top_box"})
    assert (result.receiver, result.warnings) == ("SET_TOP_BOX", ())
