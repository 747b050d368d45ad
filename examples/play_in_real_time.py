"""Play an ad in real time: its events become due as the seconds pass.

Run from the checkout: .venv/bin/python -m examples.play_in_real_time
"""

import asyncio
from pathlib import Path

from playback.engine import VastClient, VastPlayer

DOCUMENT = Path(__file__).parent / "vast" / "short_clip.xml"


async def play_ad_realtime() -> None:
    client = VastClient.from_xml(DOCUMENT.read_bytes())
    ad_data = await client.request_ad()

    player = VastPlayer(client, ad_data)
    await player.play()

    print(f"Playback complete: {player.playback_seconds}s")
    for row in player.ledger:
        print(f"{row.status:<12} {row.event:<14} {row.resolved_url or row.reason}")


if __name__ == "__main__":
    asyncio.run(play_ad_realtime())
