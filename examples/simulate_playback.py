"""Play an ad in virtual time and keep the session as JSON: the same seed gives the same session. Nothing is sent.

Run from the checkout: .venv/bin/python -m examples.simulate_playback
"""

import asyncio
import json

from examples.ad_server import serving
from playback.engine import PlaybackSessionConfig, PlayerFactory, VastClient


async def simulate_ad_playback(address: str) -> None:
    client = VastClient(f"{address}/television")
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
    await client.close()

    print(f"Duration: {session.duration_sec}s")
    print(f"Events recorded: {len(session.events)}")
    print(f"Quartiles: {session.quartiles_tracked}")
    for event in session.events:
        print(f"{event.offset_sec:>7.3f} s  {event.event_type}")
    print(f"As JSON: {len(json.dumps(session.to_dict()))} bytes")


if __name__ == "__main__":
    with serving() as (address, received):
        asyncio.run(simulate_ad_playback(address))
        print(f"The server received {len(received)} pixels.")
