"""What the pages of a session tell first: whose fault it is, which pixels, which ad of the pod; and its ledger."""

import re

import pytest
from django.urls import reverse

from playback.models import Session
from playback.session_page.fates import delivery_of, fate_of, reason_of
from playback.session_page.ledger import SHOWN
from playback.session_page.pod_strip import pod_strip
from playback.session_page.timeline import WIDTH
from tests.pipeline.responses import bid, body, inline, wrapper
from tests.playback.servers import redirecting, serving
from tests.site.people import PEOPLE, browser_of
from tests.site.rows import make_build, make_provider, make_session, play_out

pytestmark = pytest.mark.django_db

HTMX = {"hx-request": "true"}


@pytest.fixture
def reachable(settings):
    settings.FETCH_ALLOWED = ["127.0.0.1"]


def page_of(client, row: Session, query: str = "") -> str:
    answer = client.get(reverse("session", args=[row.public_id]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    """What a reader sees of it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows_of(html: str) -> list[str]:
    """The words of every row of the ledger."""
    bodies = re.findall(r'<tbody id="(?:live-ledger-\d+|ledger-rows)".*?</tbody>', html, re.DOTALL)
    assert bodies
    return [words(row) for row in re.findall(r"<tr><td>.*?</tr>", "".join(bodies), re.DOTALL)]


def ledger(client, row: Session, query: str = "", **headers: str):
    return client.get(reverse("session-ledger", args=[row.public_id]) + query, headers=headers)


def of_two(**how) -> Session:
    boots = inline("b", title="Boots", duration="00:00:15")
    return make_session(build=make_build(body(bid("a", price=9), bid("b", price=2, adm=boots))), **how)


def entry(status="sent", **fields):
    plain = {"event": "start", "status": status, "reason": "", "http_status": None}
    return {"received": None, "verdict": "", **plain, **fields}


class TestBlame:
    @pytest.fixture
    def without_ad(self, reachable):
        with serving() as (here, _):
            yield make_session(url=f"{here}/wrapped/3/nothing")

    def test_the_blame_line_comes_first_with_the_meaning_of_its_code_and_leads_to_the_hop(
        self, viewer, without_ad
    ):
        page = page_of(viewer, without_ad)
        blame = re.search(r'<div class="alert alert-danger blame".*?</div></div>', page, re.DOTALL)
        assert re.search(
            r"No ad: hop 4, 127\.0\.0\.1, code 303, \d+ ms 303: no ad after one or more", words(blame[0])
        )
        assert 'href="#blame"' in blame[0]
        assert page.index("No ad:") < page.index('id="chain"') < page.index('id="ledger-title"')
        at_fault = re.search(r'<li id="hop-(\d)"[^>]*><details id="blame" class="to-blame" open>', page)
        assert at_fault[1] == "4"
        assert page.count('class="to-blame"') == 1

    def test_a_list_names_the_hop_in_the_state_of_the_session(self, viewer, without_ad):
        for address in (reverse("session-list"), reverse("home")):
            assert "hop 4, 127.0.0.1, code 303" in viewer.get(address).content.decode()

    def test_error_addresses_are_counted_as_what_would_hear_of_it(self, viewer, without_ad):
        page = words(page_of(viewer, without_ad))
        assert "3 Error addresses would hear of it, none was called." in page

    def test_an_error_while_playing_is_told_with_its_meaning(self, viewer):
        provider = make_provider("yandex")
        provider.playback = {
            "rules": [
                {
                    "event": "midpoint",
                    "probability": 1.0,
                    "min_offset_sec": 12.0,
                    "max_offset_sec": 12.0,
                    "reason": "network_error",
                }
            ]
        }
        provider.save()
        row = play_out(make_session(provider="yandex"))
        assert row.error_code == 405
        page = words(page_of(viewer, row))
        assert "Error 405" in page
        assert "405: the media file cannot be displayed." in page
        assert "The rule of midpoint struck at 12 s: network_error." in page


class TestChain:
    def test_every_hop_says_what_was_asked_what_came_and_how_long_it_took(self, viewer, reachable):
        with serving() as (here, _):
            row = make_session(url=f"{here}/wrapped/1/clip?cb=[CACHEBUSTING]")
            page = page_of(viewer, row)
        assert re.search(r"hop 1 127\.0\.0\.1 wrapper HTTP 200 \d+ ms \d+ bytes", words(page))
        assert re.search(r"hop 2 127\.0\.0\.1 ad HTTP 200", words(page))
        assert "cb=[CACHEBUSTING]" in page
        table = re.search(r'aria-label="Macros of hop 1".*?</table>', page, re.DOTALL)
        assert re.search(r"Macro Value Source .*CACHEBUSTING.* \d{8} ", words(table[0]))

    def test_redirects_are_told(self, viewer, reachable):
        with serving() as (here, _), redirecting(f"{here}/clip") as (port, _):
            page = words(page_of(viewer, make_session(url=f"http://127.0.0.1:{port}/tag")))
        assert "1 redirect" in page
        assert f"Redirect 1 302 to {here}/clip" in page

    def test_bodies_are_linked_for_those_who_may_see_them(self, viewer, qa, reachable):
        with serving() as (here, _):
            row = make_session(url=f"{here}/wrapped/1/clip")
        link = reverse("session-hop", args=[row.public_id, 2])
        assert f'href="{link}"' in page_of(qa, row)
        assert link not in page_of(viewer, row)


class TestDelivery:
    def test_what_is_wrong_in_the_sandbox_is_counted_by_its_name(self):
        rows = [entry(received=1, verdict=word) for word in ("missing", "", "doubled", "missing", "late")]
        told = delivery_of(rows)
        assert [(found.number, found.word) for found in told.problems] == [
            (2, "missing"),
            (1, "doubled"),
            (1, "late"),
        ]
        assert (told.sandbox, told.attempted) == (True, 5)

    def test_failures_are_counted_of_what_was_tried(self):
        told = delivery_of(
            [entry(), entry("failed"), entry("timeout"), entry("not_reached"), entry("failed")]
        )
        assert [(found.number, found.word) for found in told.problems] == [(2, "failed"), (1, "timed out")]
        assert (told.sandbox, told.attempted) == (False, 4)

    def test_a_dry_run_has_nothing_wrong(self):
        assert delivery_of([entry("dry_run"), entry("pending")]) == ((), 0, 1, False)

    @pytest.mark.parametrize(
        ("row", "word", "reason"),
        [
            (entry("dry_run"), "due", "dry run: not sent"),
            (entry(http_status=204), "sent", "HTTP 204"),
            (entry("failed", reason="HTTP status 500"), "failed", "HTTP status 500"),
            (entry("timeout", reason="timeout"), "timed out", "timeout"),
            (entry("skipped", reason="a placeholder"), "skipped", "a placeholder"),
            (entry(received=0, verdict="missing"), "missing", "not received"),
            (entry(received=3, verdict="doubled, late"), "doubled, late", "received 3 times"),
            (entry("a later version's"), "unknown", ""),
        ],
    )
    def test_a_fate_is_a_shape_a_word_and_a_reason(self, row, word, reason):
        assert (fate_of(row).word, reason_of(row)) == (word, reason)
        assert fate_of(row).icon

    def test_the_page_names_them_and_leads_to_their_rows(self, viewer):
        row = play_out(make_session())
        rows = row.ledger.entries
        for position, verdict in ((0, "missing"), (1, "doubled"), (2, "missing")):
            rows[position] |= {"status": "sent", "received": 0, "verdict": verdict}
        row.ledger.save()
        page = page_of(viewer, row)
        assert "2 pixels missing , 1 doubled (sandbox)" in words(page)
        assert 'href="?fate=missing#ledger"' in page
        assert len(rows_of(page_of(viewer, row, "?fate=missing"))) == 2


class TestPods:
    def test_the_strip_tells_every_ad_to_scale_with_its_state(self, viewer):
        row = play_out(of_two())
        view = viewer.get(reverse("session", args=[row.public_id])).context["view"]
        assert [(ad.place, ad.title, ad.state) for ad in view.pod] == [
            (1, "Spring shoes", "played"),
            (2, "Boots", "played"),
        ]
        assert [(ad.x, ad.width) for ad in view.pod] == [(0.0, 66.667), (66.667, 33.333)]
        assert "1. Spring shoes 30 s played 2. Boots 15 s played" in words(page_of(viewer, row))

    def test_marks_lie_at_the_quartiles_of_each_ad_and_windows_name_theirs(self, viewer):
        make_provider("yandex")
        row = of_two(provider="yandex")
        told = viewer.get(reverse("session", args=[row.public_id])).context["view"].timeline
        at = [round(mark.x * 45 / WIDTH, 2) for mark in told.marks]
        assert at == [7.5, 15.0, 22.5, 30.0, 33.75, 37.5, 41.25, 45.0]
        assert told.seams == (pytest.approx(30 * WIDTH / 45, abs=0.01),)
        assert not any(mark.fired for mark in told.marks)
        assert {re.search(r" of ad (\d)", window.label)[1] for window in told.windows} == {"1", "2"}
        played = viewer.get(reverse("session", args=[play_out(row).public_id])).context["view"].timeline
        reached = {mark.label for mark in played.marks if mark.fired}
        assert {"complete of ad 1", "complete of ad 2"} <= reached

    def test_events_and_ledger_say_which_ad_and_where_in_it(self, viewer):
        page = page_of(viewer, play_out(of_two()))
        assert "37.500 s midpoint ad 2 at 7.500 s" in words(page)
        assert any(row.startswith("midpoint ad 2 37.5 s") for row in rows_of(page))

    def test_a_single_ad_has_no_strip_and_no_column_of_ads(self, viewer):
        page = page_of(viewer, play_out(make_session()))
        assert "pod-strip" not in page
        assert '<th scope="col" class="number">Ad</th>' not in page

    def test_an_ad_that_cannot_be_played_has_a_state_and_no_width(self):
        parts = [
            {"place": 1, "title": "", "id": "a", "start_ms": 0, "duration_ms": 0, "state": "error"},
            {"place": 2, "title": "B", "id": "b", "start_ms": 0, "duration_ms": 6000, "state": "playing"},
        ]
        bad, good = pod_strip(parts)
        assert (bad.width, bad.shown.word, good.width, good.room) == (0.0, "error", 100.0, 2)
        assert pod_strip(parts[:1]) == ()


class TestLedger:
    @pytest.fixture
    def played(self):
        return play_out(make_session())

    def test_the_address_of_the_page_narrows_it_without_script(self, viewer, played):
        everything = rows_of(page_of(viewer, played))
        narrowed = page_of(viewer, played, "?event=midpoint&q=TRACK")
        assert 0 < len(rows_of(narrowed)) < len(everything)
        assert {row.split()[0] for row in rows_of(narrowed)} == {"midpoint"}
        assert "<option selected>midpoint</option>" in narrowed
        assert 'value="TRACK"' in narrowed
        assert f"Show all {len(everything)}" in narrowed
        assert 'id="live-ledger"' not in narrowed

    def test_counts_of_each_fate_lead_to_its_rows(self, viewer, played):
        page = page_of(viewer, played)
        counts = re.findall(r'href="\?fate=(\w+)#ledger"[^>]*>(\d+) ', page[page.index('id="live-fates"') :])
        assert sum(int(number) for _, number in counts) == len(played.ledger.entries)
        for fate, number in counts:
            assert len(rows_of(page_of(viewer, played, f"?fate={fate}"))) == int(number)

    def test_what_fits_nothing_says_so_and_can_be_let_go_of(self, viewer, played):
        page = page_of(viewer, played, "?event=<b>nobody's")
        assert "No row fits." in page
        assert "<b>nobody" not in page

    def test_htmx_gets_the_part_and_the_address_to_keep(self, viewer, played):
        answer = ledger(viewer, played, "?event=midpoint&level=&fate=&q=", **HTMX)
        assert answer["HX-Replace-Url"] == f"/sessions/{played.public_id}/?event=midpoint"
        assert "<html" not in answer.content.decode()
        assert ledger(viewer, played, "?q=", **HTMX)["HX-Replace-Url"] == f"/sessions/{played.public_id}/"

    def test_without_htmx_it_leads_to_the_page(self, viewer, played):
        answer = ledger(viewer, played, "?fate=dry_run")
        assert answer["Location"] == f"/sessions/{played.public_id}/?fate=dry_run#ledger"

    def test_a_table_that_shows_what_is_true_is_left_alone_and_polls_only_while_something_may_change(
        self, viewer
    ):
        row = make_session()
        page = page_of(viewer, row, "?event=midpoint")
        polled = re.search(r'hx-get="([^"]*seen=\w+)" hx-trigger="every 2s"', page)[1].replace("&amp;", "&")
        assert viewer.get(polled, headers=HTMX).status_code == 204
        play_out(row)
        answer = viewer.get(polled, headers=HTMX)
        assert answer.status_code == 200
        assert answer.content.decode().strip().startswith('<tbody id="ledger-rows">')
        assert "dry run: not sent" in words(answer.content.decode())

    def test_a_hostile_ad_makes_no_endless_table(self, viewer):
        row = play_out(make_session())
        row.ledger.entries = row.ledger.entries * SHOWN
        row.ledger.save()
        page = page_of(viewer, row)
        assert len(rows_of(page)) == SHOWN
        assert f"The first 500 of {len(row.ledger.entries)} are shown." in page

    def test_a_session_nobody_made_is_not_found(self, viewer):
        assert viewer.get("/sessions/zzzzzzzzzzzz/ledger/").status_code == 404
        assert viewer.get("/sessions/zzzzzzzzzzzz/pixels/00/").status_code == 404


class TestPixel:
    def address(self, page: str, event: str) -> str:
        return re.search(rf'<a id="pixel-\w+" href="([^"]+)">{event}</a>', page)[1]

    def test_it_tells_the_address_its_macros_and_where_they_come_from(self, viewer):
        xml = inline().replace(
            "</Impression>",
            "</Impression><Impression><![CDATA[https://m.example.com/i?t=[TIMESTAMP]&d=[ADTYPE]&x=[NOBODY]&e=[ERRORCODE]]]>"
            "</Impression>",
            1,
        )
        row = play_out(make_session(xml))
        (link,) = re.findall(
            r'<a id="pixel-\w+" href="([^"]+)">impression</a>(?:(?!</tr>).)*m\.example',
            page_of(viewer, row),
            re.DOTALL,
        )
        page = viewer.get(link).content.decode()
        told = words(page)
        assert "As written https://m.example.com/i?t=[TIMESTAMP]" in told
        assert re.search(r"\[TIMESTAMP\] \S+T\S+ session \S+%3A\S+", told)
        assert re.search(r"\[NOBODY\] left alone no macro of the list: left alone", told)
        assert "None: dry run: not sent." in told
        assert "start, InLine" in told[told.index("At the same instant") :]

    def test_one_that_was_not_reached_says_why(self, viewer):
        row = play_out(make_session())
        page = page_of(viewer, row, "?fate=not_reached")
        told = words(viewer.get(self.address(page, "pause")).content.decode())
        assert "never: the viewer did not pause" in told
        assert "No other tracker." in told

    def test_one_of_a_request_without_an_ad_has_its_code(self, viewer, reachable):
        with serving() as (here, _):
            row = make_session(url=f"{here}/wrapped/1/nothing")
        told = words(viewer.get(self.address(page_of(viewer, row), "error")).content.decode())
        assert "[ERRORCODE] 303 session 303" in told

    def test_an_ad_that_cannot_be_read_again_leaves_the_rest(self, viewer):
        row = play_out(make_session())
        link = self.address(page_of(viewer, row), "start")
        Session.objects.get(pk=row.pk).chain.bodies.clear()
        told = words(viewer.get(link).content.decode())
        assert "Unknown: the ad of this session cannot be read again." in told


class TestStarting:
    @pytest.mark.parametrize(("who", "live"), [("qa", False), ("ad_ops", True)])
    def test_the_page_offers_live_to_those_who_may_and_says_what_comes_then(self, db, who, live):
        page = browser_of(PEOPLE[who]()).get(reverse("session-new")).content.decode()
        assert ("names the pixels and waits for you" in page) == live
        assert ('value="live"' in page) == live

    def test_ads_are_counted_from_one(self, qa):
        fields = {"url": "", "mode": "headless", "speed": "0", "seed": "7"}
        two = make_build(body(bid("a", price=9), bid("b", price=2, adm=inline("b")))).vast
        qa.post(reverse("session-new"), {**fields, "vast": two, "ad_index": "2"})
        assert Session.objects.get().ad_index == 1
        answer = qa.post(reverse("session-new"), {**fields, "vast": two, "ad_index": "5"})
        assert answer.context["form"].errors["ad_index"] == ["There is no ad 5: the document holds 2."]
        answer = qa.post(reverse("session-new"), {**fields, "vast": two, "ad_index": "0"})
        assert list(answer.context["form"].errors) == ["ad_index"]

    def test_lists_and_the_overview_lead_there_those_who_may_play(self, viewer, qa):
        for address in (reverse("session-list"), reverse("home")):
            assert reverse("session-new") in qa.get(address).content.decode()
            assert reverse("session-new") not in viewer.get(address).content.decode()

    def test_a_waiting_session_lists_its_hosts_and_asks_only_those_who_may_confirm(self, viewer, qa, db):
        ad_ops = PEOPLE["ad_ops"]()
        row = make_session(delivery="live", user=ad_ops)
        asking = page_of(browser_of(ad_ops), row)
        assert f"Nothing is sent until you confirm: {row.pixels} pixels to" in words(asking)
        assert '<code class="id">track.example.com</code>' in asking
        confirm = reverse("session-confirm", args=[row.public_id])
        discard = reverse("session-command", args=[row.public_id, "discard"])
        assert [
            address in page
            for page in (asking, page_of(qa, row), page_of(viewer, row))
            for address in (confirm, discard)
        ] == [True, True, False, True, False, False]
        assert "waits to be confirmed" in viewer.get(reverse("session-list")).content.decode()


def test_a_wrapper_that_is_followed_says_where_it_came_from(qa):
    page = words(page_of(qa, make_session(wrapper())))
    assert "hop 1 the document given wrapper" in page
    assert "Named by hop 1 , Wrapper chain" in page
