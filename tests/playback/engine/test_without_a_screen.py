"""What a player that shows nothing and runs no code says of it (playback.md 3.6, V28, V29)."""

import pytest

from playback.engine import HeadlessPlayer, SimulatedTimeProvider
from playback.engine.playing.media import choose_media
from tests.playback.engine.ads import (
    SINK,
    ad_of,
    brief,
    events_of,
    f30,
    inline,
    names_of,
    play_with,
    pod_of,
    rule,
    script,
    sent,
    tracking,
    under,
    vast,
    wrapper,
)
from vast.ad import MediaFile, read


def verification(name, event="verificationNotExecuted"):
    script_of = "<JavaScriptResource apiFramework='omid'>http://t.test/v.js</JavaScriptResource>"
    return (
        f'<Verification vendor="{name}">{script_of}'
        f"<TrackingEvents>{tracking(event, f'{SINK}/{name}?r=[REASON]')}</TrackingEvents></Verification>"
    )


def verified(*names, **options):
    return f"<AdVerifications>{''.join(verification(name, **options) for name in names)}</AdVerifications>"


def viewable(name, *kinds):
    shown = "".join(f"<{kind}>{SINK}/{kind}{name}</{kind}>" for kind in kinds or KINDS)
    return f'<ViewableImpression id="{name}">{shown}</ViewableImpression>'


KINDS = ("Viewable", "NotViewable", "ViewUndetermined")


async def played(ad, config=None):
    player = HeadlessPlayer(None, ad, config, seed=1, time_provider=SimulatedTimeProvider())
    await player.play()
    return player


def fates(player):
    return {row.url.split("?")[0].rsplit("/", 1)[-1]: (row.status, row.reason) for row in player.ledger}


async def test_V28_every_verification_of_every_level_hears_that_it_was_not_executed():
    ad = under(await f30(more=verified("own")), wrapper(more=verified("above")))
    player = await played(ad)
    rows = [row for row in player.ledger if row.event == "verificationNotExecuted"]
    assert [(row.origin, row.status, row.due_ms) for row in rows] == [
        ("wrapper 1", "dry_run", 0.0),
        ("InLine", "dry_run", 0.0),
    ]
    assert [row.resolved_url for row in rows] == [f"{SINK}/above?r=2", f"{SINK}/own?r=2"]
    (event,) = [event for event in player.session.events if event.event_type == "verificationNotExecuted"]
    assert (event.offset_sec, event.metadata) == (0.0, {"reason_code": 2})
    assert player.session.status == "completed"


async def test_V28_without_such_trackers_there_is_no_such_event():
    player = await played(await f30(more=verified("own", event="somethingElse")))
    assert "verificationNotExecuted" not in names_of(player.session)
    assert fates(player)["own"] == ("not_reached", "no verification code ran")


async def test_V28_a_tracking_element_of_that_name_in_a_linear_is_misplaced():
    stray = [("verificationNotExecuted", "stray", None)]
    player = await played(await f30(trackers=stray, more=verified("own")))
    assert fates(player)["stray"] == ("not_reached", "it counts in a Verification element only")
    assert [name for name, _ in sent(player) if name == "stray"] == []


async def test_V29_of_the_three_kinds_only_undetermined_becomes_due_on_every_level():
    player = await played(under(await f30(more=viewable("I")), wrapper(more=viewable("W"))))
    assert [name for name, at in sent(player) if "View" in name] == ["ViewUndeterminedW", "ViewUndeterminedI"]
    reason = "a player without a screen cannot measure it: viewability is undetermined"
    for kind in ("ViewableI", "ViewableW", "NotViewableI", "NotViewableW"):
        assert fates(player)[kind] == ("not_reached", reason)
    assert events_of(player.session).count(("viewUndetermined", 0.0)) == 1


async def test_V29_an_ad_without_an_address_for_undetermined_has_no_such_event():
    player = await played(await f30(more=viewable("I", "Viewable")))
    assert "viewUndetermined" not in names_of(player.session)


async def test_what_an_ad_says_at_its_begin_comes_after_its_start_and_once_for_each_ad():
    more = verified("own") + viewable("I")
    document = vast(*(brief(name, sequence=n, more=more) for n, name in ((1, "A"), (2, "B"))))
    session = (await played(pod_of(document))).session
    begin = ["impression", "start", "verificationNotExecuted", "viewUndetermined"]
    assert [name for name, at in events_of(session) if at == 0.0] == begin
    assert [name for name, at in events_of(session) if at == 10.0] == ["complete", *begin]
    (second,) = [
        event
        for event in session.events[5:]
        if event.event_type == "verificationNotExecuted" and event.offset_sec
    ]
    assert second.metadata == {"reason_code": 2, "ad": 2, "ad_offset_sec": 0.0}


async def test_an_ad_that_is_interrupted_before_it_is_rendered_says_nothing_of_it():
    player = await played(
        await f30(more=verified("own") + viewable("I")), {"interruption_rules": {"load": rule(1, 0, 0)}}
    )
    assert names_of(player.session) == ["interrupt"]
    assert fates(player)["ViewUndeterminedI"] == ("not_reached", "interrupted at 0 s: network_error")


INTERACTIVE = '<InteractiveCreativeFile apiFramework="SIMID" type="text/html">http://t.test/s.html</InteractiveCreativeFile>'
MP4 = '<MediaFile delivery="progressive" type="video/mp4" width="1280" height="720">http://t.test/v.mp4</MediaFile>'


async def test_an_interactive_file_is_error_409_to_every_level_and_the_media_is_played():
    player = await played(under(await f30(media=MP4 + INTERACTIVE), wrapper()))
    session = player.session
    assert (session.status, session.error_code, session.current_offset_sec) == ("completed", None, 30.0)
    (event,) = [event for event in session.events if event.event_type == "error"]
    assert (event.offset_sec, event.metadata["error_code"]) == (0.0, 409)
    errors = [row for row in player.ledger if row.event == "error"]
    assert [(row.status, row.resolved_url) for row in errors] == [
        ("dry_run", f"{SINK}/werr1?c=409"), ("dry_run", f"{SINK}/err?c=409"),
    ]  # fmt: skip
    assert [tracked.code for tracked in session.tracked if tracked.event == "error"] == [409]


async def test_an_interruption_after_it_is_an_error_of_its_own():
    config = {"interruption_rules": {"start": rule(1, 0, 0, reason="network_error")}}
    player = await played(await f30(media=MP4 + INTERACTIVE), config)
    assert [row.resolved_url for row in player.ledger if row.event == "error"] == [
        f"{SINK}/err?c=409", f"{SINK}/err?c=405",
    ]  # fmt: skip
    again = HeadlessPlayer(None, player.ad_data, session=player.session)
    assert again.ledger == player.ledger


async def test_V25_an_interactive_file_alone_is_no_media():
    session = (await played(await f30(media=INTERACTIVE))).session
    assert (session.status, session.error_code, names_of(session)) == ("error", 403, ["error"])


async def test_V26_a_mezzanine_is_never_played():
    mezzanine = '<Mezzanine type="video/mp4" width="1920" height="1080">http://t.test/raw.mp4</Mezzanine>'
    assert (await played(await f30(media=mezzanine))).session.error_code == 403
    assert (await played(await f30(media=mezzanine + MP4))).plan.media.url == "http://t.test/v.mp4"


COMPANION = (
    '<Creative><CompanionAds><Companion width="300" height="250"><StaticResource>http://t.test/c.png'
    f"</StaticResource><TrackingEvents>{tracking('creativeView', 'companionView')}</TrackingEvents>"
    f"<CompanionClickTracking>{SINK}/companionClick</CompanionClickTracking></Companion></CompanionAds></Creative>"
)
OVERLAY = (
    f"<Creative><NonLinearAds><TrackingEvents>{tracking('creativeView', 'overlayView')}</TrackingEvents>"
    '<NonLinear width="300" height="50"><StaticResource>http://t.test/o.png</StaticResource>'
    f"<NonLinearClickTracking>{SINK}/overlayClick</NonLinearClickTracking></NonLinear></NonLinearAds></Creative>"
)
SECOND = (
    f"<Creative><Linear><Duration>00:00:05</Duration><TrackingEvents>{tracking('start', 'second')}</TrackingEvents>"
    f"<VideoClicks><ClickTracking>{SINK}/secondClick</ClickTracking></VideoClicks></Linear></Creative>"
)
ICONS = (
    '<Icons><Icon program="AdChoices"><StaticResource>http://t.test/i.png</StaticResource><IconClicks>'
    f"<IconClickTracking>{SINK}/iconClick</IconClickTracking></IconClicks>"
    f"<IconViewTracking>{SINK}/iconView</IconViewTracking></Icon></Icons>"
)


async def test_the_ledger_tells_the_fate_of_what_takes_a_screen():
    ad = under(await f30(creatives=COMPANION + OVERLAY + SECOND, icons=ICONS), wrapper(linear=ICONS))
    found = fates(await played(ad))
    assert {name: found[name] for name in SCREEN} == {
        name: ("not_reached", reason) for name, reason in SCREEN.items()
    }
    icons = [row.origin for row in (await played(ad)).ledger if row.event == "iconView"]
    assert icons == ["wrapper 1", "InLine"]


SCREEN = {
    "companionView": "a player without a screen shows no companions",
    "companionClick": "a player without a screen shows no companions",
    "overlayView": "a player without a screen shows no non-linear ads",
    "overlayClick": "a player without a screen shows no non-linear ads",
    "iconView": "a player without a screen shows no icons",
    "iconClick": "a player without a screen shows no icons",
    "second": "only the first linear creative of an ad is played",
    "secondClick": "only the first linear creative of an ad is played",
}


async def test_every_linear_of_a_wrapper_tracks():
    document = vast(
        "<Ad><Wrapper><AdSystem>T</AdSystem><VASTAdTagURI>http://t.test/</VASTAdTagURI>"
        f"<Impression>{SINK}/w</Impression><Creatives>"
        f"<Creative><Linear><TrackingEvents>{tracking('start', 'wstart')}</TrackingEvents></Linear></Creative>"
        f"<Creative><Linear><VideoClicks><ClickTracking>{SINK}/wclick</ClickTracking></VideoClicks></Linear></Creative>"
        "</Creatives></Wrapper></Ad>"
    )
    player = HeadlessPlayer(
        None, under(await f30(), read(document).ads[0]), seed=1, time_provider=SimulatedTimeProvider()
    )
    await play_with(player, script((2, "click")))
    assert {"wstart", "wclick"} <= {name for name, _ in sent(player)}


async def test_an_ad_of_companions_only_says_of_each_why_it_was_not_shown():
    document = inline(creatives=COMPANION).replace("<Linear", "<NoLinear").replace("</Linear", "</NoLinear")
    player = await played(await ad_of(vast(document)))
    assert player.session.error_code == 201
    assert fates(player)["companionView"][1] == SCREEN["companionView"]


def media(url, **facts):
    names = MediaFile._fields[1:]
    return MediaFile(url, **{**dict.fromkeys(names), "type": "video/mp4", **facts})


SMALL = media("small", delivery="progressive", width=640, height=360, bitrate=700)
LARGE = media("large", delivery="progressive", width=1920, height=1080, bitrate=6000)
RICHER = LARGE._replace(url="richer", bitrate=9000)
STREAM = media(
    "stream", delivery="streaming", type="application/x-mpegURL", width=1280, height=720, bitrate=3000
)


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, "richer"),
        ({"screen": (640, 360)}, "small"),
        ({"bandwidth_kbps": 7000}, "large"),
        ({"bandwidth_kbps": 100}, "small"),
        ({"prefer": "streaming"}, "stream"),
        ({"prefer": "progressive", "bandwidth_kbps": 4000}, "small"),
        ({"bandwidth_kbps": 4000}, "stream"),
    ],
)
def test_the_file_is_chosen_by_bandwidth_delivery_and_size_and_never_by_order(options, chosen):
    files = [SMALL, LARGE, RICHER, STREAM]
    assert choose_media(files, **options).url == choose_media(files[::-1], **options).url == chosen


def test_a_codec_no_television_knows_is_not_played():
    assert choose_media([LARGE._replace(codec="theora"), SMALL._replace(codec="H.264")]).url == "small"


@pytest.mark.parametrize("kind", ["audio/mpeg", "audio/mp4", "audio/AAC", ""])
async def test_an_audio_ad_plays_and_a_file_with_a_picture_goes_first(kind):
    sound = f'<MediaFile delivery="progressive" type="{kind}" bitrate="9999">http://t.test/ad.mp3</MediaFile>'
    player = await played(await f30(media=sound))
    assert (player.session.status, player.plan.media.url) == ("completed", "http://t.test/ad.mp3")
    assert (await played(await f30(media=sound + MP4))).plan.media.url == "http://t.test/v.mp4"
