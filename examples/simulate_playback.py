"""Play an ad in virtual time and keep the session as JSON: the same seed gives the same session.

Run from the checkout: .venv/bin/python -m examples.simulate_playback
"""

import asyncio
import json
from pathlib import Path

from playback.engine import PlaybackSessionConfig, PlayerFactory, VastClient

DOCUMENT = Path(__file__).parent / "vast" / "television_30s.xml"


async def simulate_ad_playback() -> None:
    client = VastClient.from_xml(DOCUMENT.read_bytes())
    ad_data = await client.request_ad()

    player = PlayerFactory.create(
        client,
        ad_data,
        mode="headless",
        config=PlaybackSessionConfig(
            mode="headless",
            headless_playback_speed=2.0,
            enable_session_persistence=True,
        ),
        seed=7,
    )
    session = await player.play()

    print(f"Session ID: {session.session_id}")
    print(f"Duration: {session.duration_sec}s")
    print(f"Events recorded: {len(session.events)}")
    print(f"Quartiles: {session.quartiles_tracked}")
    for event in session.events:
        print(f"{event.offset_sec:>7.3f} s  {event.event_type}")
    print(f"As JSON: {len(json.dumps(session.to_dict()))} bytes")


if __name__ == "__main__":
    asyncio.run(simulate_ad_playback())
