"""Play an ad in real time: its pixels are sent as the seconds pass, here to a server on this machine.

Run from the checkout: .venv/bin/python -m examples.play_in_real_time
"""

import asyncio

from examples.ad_server import serving
from playback.engine import VastClient, VastPlayer


async def play_ad_realtime(address: str) -> None:
    async with VastClient(f"{address}/wrapped/1/clip") as client:
        ad_data = await client.request_ad()

        player = VastPlayer(client, ad_data)
        await player.play()

        print(f"Playback complete: {player.playback_seconds}s")
        for hop in ad_data.chain.hops:
            print(f"hop {hop.number}: {hop.outcome}, status {hop.status}")
        for row in player.ledger:
            print(
                f"{row.status:<12} {row.event:<14} {row.origin:<10} {row.reason or row.url.split('/', 3)[3]}"
            )


if __name__ == "__main__":
    with serving() as (address, received):
        asyncio.run(play_ad_realtime(address))
        print(f"The server received {len(received)} pixels.")
