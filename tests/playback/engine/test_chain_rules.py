"""Wrapper resolution rule by rule (playback.md 3.4, 3.5; Playback 10): what is asked, what plays, who is told what."""

import httpx
import pytest

from playback.engine import AdData, NoAd
from tests.playback.engine.ads import SINK, inline, vast
from tests.playback.engine.chains import Web, categorised, empty, ids, outcomes, tags, wrapper

HOST = "http://ads.example.com"


async def test_a_wrapper_leads_to_its_inline_and_counts_with_it():
    web = Web(tags(2, vast(inline())))
    answer = await web.request()
    assert isinstance(answer, AdData)
    assert [(name, ad.id) for name, ad in answer.levels] == [
        ("wrapper 1", "w1"),
        ("wrapper 2", "w2"),
        ("InLine", "a1"),
    ]
    assert (answer.first.hop, answer.first.index) == (3, 0)
    assert web.paths == ["/tag", "/w2", "/last"]
    assert outcomes(answer) == ["wrapper", "wrapper", "ads"]
    assert web.pixels == []


class TestLimit:
    async def test_five_wrappers_are_followed(self):
        answer = await Web(tags(5, vast(inline()))).request()
        assert ids(answer) == ["a1"]
        assert len(answer.first.wrappers) == 5

    async def test_V07_six_wrappers_are_too_many_and_every_one_is_told(self):
        web = Web(tags(6, vast(inline())))
        answer = await web.request()
        assert isinstance(answer, NoAd)
        assert (answer.code, answer.reason) == (302, "limit")
        assert web.paths == ["/tag", "/w2", "/w3", "/w4", "/w5", "/w6"]
        assert sorted(web.pixels) == [f"err-w{number}?c=302" for number in range(1, 7)]
        assert outcomes(answer) == ["wrapper"] * 6 + ["limit"]
        last = answer.chain.hops[-1]
        assert (last.requested, last.code, last.url) == (False, 302, f"{HOST}/last")

    async def test_the_limit_can_be_set(self):
        assert ids(await Web(tags(9, vast(inline()))).request(max_wrappers=9)) == ["a1"]
        assert (await Web(tags(2, vast(inline()))).request(max_wrappers=1)).code == 302

    async def test_V08_a_wrapper_that_points_at_itself_is_not_asked_again(self):
        web = Web({"/tag": vast(wrapper(f"{HOST}/tag"))})
        answer = await web.request()
        assert (answer.code, answer.reason) == (302, "loop")
        assert web.paths == ["/tag"]
        assert web.pixels == ["err-w?c=302"]
        assert outcomes(answer) == ["wrapper", "loop"]

    async def test_V08_one_whose_address_is_new_each_time_meets_the_limit(self):
        web = Web({"/tag": vast(wrapper(f"{HOST}/tag?cb=[CACHEBUSTING]"))})
        answer = await web.request()
        assert (answer.code, answer.reason) == (302, "limit")
        assert len(web.asked) == len(set(web.asked)) == 6

    async def test_V08_a_loop_over_several_hosts_is_one_as_well(self):
        web = Web({"/tag": vast(wrapper("http://b.example.com/x")), "/x": vast(wrapper(f"{HOST}/tag", "w2"))})
        answer = await web.request()
        assert (answer.reason, web.paths) == ("loop", ["/tag", "/x"])
        assert sorted(web.pixels) == ["err-w2?c=302", "err-w?c=302"]

    async def test_the_same_address_in_two_branches_is_no_loop(self):
        pod = vast(wrapper(f"{HOST}/a", "w1", sequence=1), wrapper(f"{HOST}/a", "w2", sequence=2))
        answer = await Web({"/tag": pod, "/a": vast(inline())}).request()
        assert ids(answer) == ["a1", "a1"]


class TestFollowAdditionalWrappers:
    TABLE = tags(2, vast(inline()), followAdditionalWrappers=False)

    async def test_V10_a_further_wrapper_is_not_followed_and_nobody_is_told(self):
        web = Web(self.TABLE)
        answer = await web.request()
        assert isinstance(answer, NoAd)
        assert answer.reason == "wrapper_refused"
        assert (web.paths, web.pixels, answer.pings) == (["/tag", "/w2"], [], ())
        last = answer.chain.hops[-1]
        assert (last.outcome, last.requested, last.code) == ("wrapper_refused", False, None)

    async def test_V10_the_wrappers_are_told_300_where_that_is_asked_for(self):
        web = Web(self.TABLE)
        answer = await web.request(ping_refused_wrappers=True)
        assert sorted(web.pixels) == ["err-w1?c=300", "err-w2?c=300"]
        assert answer.chain.hops[-1].code == 300

    async def test_it_forbids_wrappers_at_any_depth_and_no_inline(self):
        assert ids(await Web(tags(1, vast(inline()), followAdditionalWrappers=False)).request()) == ["a1"]
        deep = {**tags(3, vast(inline())), "/tag": vast(wrapper(f"{HOST}/w2", followAdditionalWrappers=0))}
        assert (await Web(deep).request()).reason == "wrapper_refused"

    async def test_a_fault_that_is_told_names_the_whole_rather_than_one_that_is_not(self):
        pod = vast(
            wrapper(f"{HOST}/none", "w1", sequence=1),
            wrapper(f"{HOST}/more", "w2", sequence=2, followAdditionalWrappers=False),
        )
        web = Web({"/tag": pod, "/none": 204, "/more": vast(wrapper(f"{HOST}/far", "w3"))})
        answer = await web.request()
        assert (answer.code, answer.reason, web.pixels) == (303, "EMPTY", ["err-w1?c=303"])


POD_AND_ALONE = vast(inline(ad_id="n2", sequence=2), inline(ad_id="n1", sequence=1), inline(ad_id="S"))


class TestAllowMultipleAds:
    @pytest.mark.parametrize("switches", [{}, {"allowMultipleAds": False}])
    async def test_V11_without_it_only_the_stand_alone_ad_plays(self, switches):
        answer = await Web(tags(1, POD_AND_ALONE, **switches)).request()
        assert (ids(answer), answer.substitutes) == (["S"], ())
        assert answer.first.index == 2

    async def test_V11_with_it_the_whole_pod_plays_below_its_wrapper(self):
        answer = await Web(tags(1, POD_AND_ALONE, allowMultipleAds=True)).request()
        assert ids(answer) == ["n1", "n2"]
        assert [place.ad.id for place in answer.substitutes] == ["S"]
        assert {place.wrappers[0].id for place in (*answer.ads, *answer.substitutes)} == {"w1"}

    async def test_V11_of_several_stand_alone_ads_only_the_first_counts(self):
        answer = await Web(tags(1, vast(inline(ad_id="S1"), inline(ad_id="S2")))).request()
        assert (ids(answer), answer.substitutes) == (["S1"], ())

    async def test_V11_a_pod_alone_is_no_ad_without_it(self):
        web = Web(tags(1, vast(inline(ad_id="n1", sequence=1), inline(ad_id="n2", sequence=2))))
        answer = await web.request()
        assert (answer.code, web.pixels) == (303, ["err-w1?c=303"])
        assert (outcomes(answer), answer.chain.hops[1].code) == (["wrapper", "empty"], 303)

    async def test_a_single_ad_that_is_numbered_is_no_pod(self):
        table = tags(1, vast(inline(sequence=1)))
        assert ids(await Web(table).request()) == ["a1"]
        assert (await Web(table).request(lenient=False)).code == 303

    async def test_a_vast_2_answer_may_always_be_several_ads(self):
        two = vast(inline(ad_id="S1"), inline(ad_id="S2"), version="2.0")
        answer = await Web(tags(1, two)).request()
        assert (ids(answer), [place.ad.id for place in answer.substitutes]) == (["S1"], ["S2"])

    async def test_a_pod_of_wrappers_becomes_one_pod_in_order(self):
        inner = vast(inline(ad_id="m1", sequence=1), inline(ad_id="m2", sequence=2))
        pod = vast(
            inline(ad_id="n3", sequence=3),
            wrapper(f"{HOST}/inner", "w2", sequence=2, allowMultipleAds=True),
            inline(ad_id="n1", sequence=1),
        )
        answer = await Web({"/tag": pod, "/inner": inner}).request()
        assert ids(answer) == ["n1", "m1", "m2", "n3"]
        assert [[ad.id for ad in place.wrappers] for place in answer.ads] == [[], ["w2"], ["w2"], []]


class TestFallbackOnNoAd:
    async def test_V13_the_stand_alone_ad_of_the_parent_plays_and_the_wrapper_is_told(self):
        web = Web(
            {"/tag": vast(wrapper(f"{HOST}/none", fallbackOnNoAd=True), inline(ad_id="S")), "/none": empty()}
        )
        answer = await web.request()
        assert isinstance(answer, AdData)
        failed, played = answer.ads
        assert (failed.fault.code, [ad.errors[0].url for _, ad in failed.levels]) == (
            303,
            [f"{SINK}/err-w?c=[ERRORCODE]"],
        )
        assert (played.ad.id, played.fault, answer.substitutes) == ("S", None, ())

    @pytest.mark.parametrize("switches", [{}, {"fallbackOnNoAd": False}])
    async def test_V13_without_it_there_is_no_ad(self, switches):
        web = Web({"/tag": vast(wrapper(f"{HOST}/none", **switches), inline(ad_id="S")), "/none": empty()})
        answer = await web.request()
        assert (answer.code, web.pixels) == (303, ["err-w?c=303"])

    @pytest.mark.parametrize("switches", [{}, {"fallbackOnNoAd": False}])
    async def test_V14_in_a_pod_the_next_ad_plays(self, switches):
        pod = vast(
            wrapper(f"{HOST}/none", sequence=1, **switches), inline(ad_id="n2", sequence=2), inline(ad_id="S")
        )
        answer = await Web({"/tag": pod, "/none": 204}).request()
        assert [(place.ad.id, place.fault and place.fault.code) for place in answer.ads] == [
            ("w", 303),
            ("n2", None),
        ]
        assert [place.ad.id for place in answer.substitutes] == ["S"]

    async def test_in_a_pod_a_stand_alone_ad_takes_the_place_where_it_is_wanted(self):
        pod = vast(
            wrapper(f"{HOST}/none", sequence=1, fallbackOnNoAd=True),
            inline(ad_id="n2", sequence=2),
            inline(ad_id="S"),
        )
        answer = await Web({"/tag": pod, "/none": 204}).request()
        assert (ids(answer), answer.substitutes) == (["w", "S", "n2"], ())

    async def test_one_stand_alone_wrapper_after_the_other_is_tried(self):
        waterfall = vast(
            *(wrapper(f"{HOST}/{name}", name, fallbackOnNoAd=True) for name in ("a", "b", "c", "d"))
        )
        web = Web({"/tag": waterfall, "/a": 204, "/b": 500, "/c": vast(inline()), "/d": vast(inline())})
        answer = await web.request()
        assert [(place.ad.id, place.fault and place.fault.code) for place in answer.ads] == [
            ("a", 303), ("b", 301), ("a1", None),
        ]  # fmt: skip
        assert web.paths == ["/tag", "/a", "/b", "/c"]

    async def test_when_all_fail_everyone_is_told_with_its_own_code(self):
        waterfall = vast(wrapper(f"{HOST}/a", "a", fallbackOnNoAd=True), wrapper(f"{HOST}/b", "b"))
        web = Web({"/tag": waterfall, "/a": 204, "/b": 500})
        answer = await web.request()
        assert (answer.code, sorted(web.pixels)) == (301, ["err-a?c=303", "err-b?c=301"])


async def test_V05_of_a_pod_all_ads_come_in_order_with_the_stand_alone_ad_as_substitute():
    document = vast(
        inline(ad_id="n3", sequence=3),
        inline(ad_id="n1", sequence=1),
        inline(ad_id="n2", sequence=2, media=""),
        inline(ad_id="S"),
    )
    answer = await Web({"/tag": document}).request()
    assert ids(answer) == ["n1", "n2", "n3"]
    assert [place.fault for place in answer.ads] == [None] * 3
    assert [place.ad.id for place in answer.substitutes] == ["S"]


async def test_without_a_pod_the_first_stand_alone_ad_plays_and_the_others_may_stand_in():
    answer = await Web({"/tag": vast(inline(ad_id="A"), inline(ad_id="B"), inline(ad_id="C"))}).request()
    assert (ids(answer), [place.ad.id for place in answer.substitutes]) == (["A"], ["B", "C"])


class TestCategories:
    @pytest.mark.parametrize(
        ("blocked", "own", "code"),
        [
            ("IAB7-39", ["IAB7-39"], 205),
            ("IAB1, IAB7-39", ["IAB2", "iab7-39"], 205),
            ("IAB7-39", ["IAB7"], None),
            ("IAB7-39", [], None),
        ],
    )
    async def test_V19_a_category_that_any_wrapper_blocks_is_not_played(self, blocked, own, code):
        table = tags(2, vast(categorised(*own)))
        table["/tag"] = vast(wrapper(f"{HOST}/w2", "w1", blocked=blocked))
        web = Web(table)
        answer = await web.request()
        if code is None:
            assert ids(answer) == ["a1"]
            return
        assert (answer.code, answer.reason) == (code, "blocked")
        assert sorted(web.pixels) == ["err-w1?c=205", "err-w2?c=205", "err?c=205"]
        assert [ping.origin for ping in answer.pings] == ["wrapper 1", "wrapper 2", "InLine"]
        assert (outcomes(answer)[-1], answer.chain.hops[-1].code) == ("blocked", 205)

    async def test_V19_an_ad_without_one_is_refused_where_it_is_required(self):
        table = tags(1, vast(inline()), blocked="IAB7")
        assert (await Web(table).request(required_category=True)).code == 204
        assert ids(await Web(tags(1, vast(inline()))).request(required_category=True)) == ["a1"]

    async def test_V19_in_a_pod_only_the_blocked_ad_stays_out(self):
        pod = vast(
            categorised("IAB7", ad_id="n1").replace("<Ad id", '<Ad sequence="1" id'),
            inline(ad_id="n2", sequence=2),
        )
        answer = await Web(tags(1, pod, blocked="IAB7", allowMultipleAds=True)).request()
        assert [(place.ad.id, place.fault and place.fault.code) for place in answer.ads] == [
            ("n1", 205),
            ("n2", None),
        ]
        assert outcomes(answer) == ["wrapper", "ads"]


async def test_V23_documents_of_several_versions_make_one_chain():
    web = Web(
        {
            "/tag": vast(wrapper(f"{HOST}/w2", "w1"), version="2.0"),
            "/w2": vast(wrapper(f"{HOST}/last", "w2"), version="3.0"),
            "/last": vast(inline(), version="4.2"),
        }
    )
    answer = await web.request()
    assert (ids(answer), answer.first.version) == (["a1"], "4.2")
    assert [hop.version for hop in answer.chain.hops] == ["2.0", "3.0", "4.2"]


class TestAddresses:
    @pytest.mark.parametrize(
        ("written", "asked"),
        [
            ("/next?a=1", "http://ads.example.com/next?a=1"),
            ("next", "http://ads.example.com/dir/next"),
            ("../next", "http://ads.example.com/next"),
            ("?a=1", "http://ads.example.com/dir/tag?a=1"),
            ("//b.example.com/next", "http://b.example.com/next"),
            ("https://b.example.com/next#top", "https://b.example.com/next"),
            ("HTTP://b.example.com/next", "http://b.example.com/next"),
            (
                "http://b.example.com/a b?q=[x y]&r={z}|%zz",
                "http://b.example.com/a%20b?q=[x%20y]&r=%7Bz%7D%7C%25zz",
            ),
            (
                "http://b.example.com/%5Bok%5D?u=http%3A%2F%2Fc",
                "http://b.example.com/%5Bok%5D?u=http%3A%2F%2Fc",
            ),
            ("http://b.example.com/д", "http://b.example.com/%D0%B4"),
            ("http://b.example.com/ne\n\t  xt", "http://b.example.com/ne%20%20xt"),
        ],
    )
    async def test_references_are_resolved_against_their_document_and_escaped(self, written, asked):
        web = Web({"/dir/tag": vast(wrapper(written))})
        answer = await web.request("http://ads.example.com/dir/tag")
        assert web.asked[1:] == [asked]
        assert (answer.chain.hops[1].url, answer.chain.hops[1].asked_url) == (written, asked)

    async def test_the_base_is_where_a_redirect_ended(self):
        moved = httpx.Response(302, headers={"location": "http://b.example.com/moved/tag"})
        web = Web({"/tag": moved, "/moved/tag": vast(wrapper("next")), "/moved/next": vast(inline())})
        answer = await web.request()
        assert web.asked == [
            f"{HOST}/tag",
            "http://b.example.com/moved/tag",
            "http://b.example.com/moved/next",
        ]
        (moved_on,) = answer.chain.hops[0].redirects
        assert (moved_on.status, moved_on.location) == (302, "http://b.example.com/moved/tag")

    async def test_a_document_handed_over_has_no_base(self):
        web = Web({"/next": vast(inline())})
        client = type(web.client()).from_xml(vast(wrapper("/next")), transport=web.transport)
        assert (await client.request_ad()).reason == "url"
        client = type(client).from_xml(vast(wrapper("//b.example.com/next")), transport=web.transport)
        assert ids(await client.request_ad()) == ["a1"]
        assert web.asked == ["https://b.example.com/next"]


async def test_a_web_of_pods_of_wrappers_comes_to_an_end():
    pod = vast(
        *(
            wrapper(f"{HOST}/tag?n={n}&cb=[CACHEBUSTING]", f"w{n}", sequence=n, allowMultipleAds=1)
            for n in range(1, 20)
        )
    )
    web = Web({"/tag": pod})
    answer = await web.request(delivery="dry_run")
    assert answer.code == 302
    assert len(answer.chain.hops) == 100
    assert len(web.asked) <= 100
