"""Clicks (playback.md 3.6, V20, D10)."""

import pytest

from playback.engine import HeadlessPlayer, SimulatedTimeProvider, VastPlayer
from tests.playback.engine.ads import (
    SINK,
    brief,
    f30,
    names_of,
    play_with,
    pod_of,
    script,
    sent,
    under,
    vast,
    wrapper,
)

PLAYERS = pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])


def clicks(name, *, page=True, custom=False):
    through = f"<ClickThrough>{SINK}/page{name}?t=[ADPLAYHEAD]</ClickThrough>" if page else ""
    own = f"<CustomClick>{SINK}/custom{name}</CustomClick>" if custom else ""
    return f"<VideoClicks>{through}<ClickTracking>{SINK}/click{name}</ClickTracking>{own}</VideoClicks>"


def make(ad, kind=HeadlessPlayer):
    return kind(None, ad, seed=1, time_provider=SimulatedTimeProvider())


@pytest.mark.parametrize(
    ("own", "levels", "page"),
    [
        (clicks("I"), [clicks("1")], "pageI"),
        (clicks("I", page=False), [clicks("1"), clicks("2")], "page2"),
        ("", [clicks("1"), ""], "page1"),
        ("", [""], None),
    ],
    ids=["the InLine's", "the nearest wrapper's", "the only wrapper's", "none"],
)
async def test_V20_the_page_of_a_click_is_the_InLines_else_the_nearest_wrappers(own, levels, page):
    wrappers = [wrapper(number=number, linear=linear) for number, linear in enumerate(levels, 1)]
    viewer = script((3, "click"))
    await play_with(make(under(await f30(clicks=own), *wrappers)), viewer)
    assert viewer.answers == [page and f"{SINK}/{page}?t=00%3A00%3A03.000"]


@PLAYERS
async def test_D10_a_click_calls_the_click_trackers_of_every_level_each_time(kind):
    wrappers = [wrapper(number=number, linear=clicks(number)) for number in (1, 2)]
    player = make(under(await f30(clicks=clicks("I", custom=True)), *wrappers), kind)
    session = await play_with(player, script((3, "click"), (1, "click")))
    assert [(name, at) for name, at in sent(player) if name.startswith("click")] == [
        ("click1", 3.0), ("click2", 3.0), ("clickI", 3.0), ("click1", 4.0), ("click2", 4.0), ("clickI", 4.0),
    ]  # fmt: skip
    assert names_of(session).count("click") == 2
    assert session.status == "completed"
    rows = [row for row in player.ledger if row.event == "customClick"]
    assert [(row.status, row.reason) for row in rows] == [("not_reached", "the viewer made no custom click")]


async def test_a_custom_click_has_trackers_of_its_own_and_opens_no_page():
    viewer = script((3, "click_custom"))
    player = make(await f30(clicks=clicks("I", custom=True)))
    player.click_custom = lambda: player.click(custom=True)
    session = await play_with(player, viewer)
    assert viewer.answers == [None]
    assert [name for name, _ in sent(player) if name.startswith(("click", "custom"))] == ["customI"]
    assert ("customClick" in names_of(session), "click" in names_of(session)) == (True, False)


async def test_a_click_without_trackers_is_recorded():
    session = await play_with(make(await f30()), script((3, "click")))
    assert names_of(session).count("click") == 1


async def test_a_click_when_nothing_is_played_has_no_effect():
    player = make(await f30(clicks=clicks("I")))
    assert player.click() is None
    assert player.session.status == "pending"
    await player.play()
    assert player.click() is None
    assert "click" not in names_of(player.session)


async def test_in_a_pod_a_click_is_the_current_ads():
    document = vast(*(brief(name, sequence=n, clicks=clicks(name)) for n, name in ((1, "A"), (2, "B"))))
    viewer = script((13, "click"))
    player = make(pod_of(document))
    await play_with(player, viewer)
    assert viewer.answers[0].startswith(f"{SINK}/pageB")
    assert [name for name, _ in sent(player) if name.startswith("click")] == ["clickB"]
    (untold,) = [row for row in player.ledger if row.url.endswith("clickA")]
    assert untold.reason == "the viewer did not click"
