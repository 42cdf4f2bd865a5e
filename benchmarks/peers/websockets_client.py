"""A peer: the client that one writes with the `websockets` library; text to a pipe.

Standard output is a pipe, so Python writes it in blocks; messages are read ahead, so that waiting
for the socket costs little.
"""

import asyncio
import json
import sys

import websockets

READ_AHEAD = 1024


async def main() -> None:
    async with websockets.connect(
        sys.argv[1], max_size=None, compression=None, max_queue=READ_AHEAD
    ) as connection:
        await connection.send('{"cmd":"stream-environment"}')
        write = sys.stdout.write
        async for message in connection:
            received = json.loads(message)
            if received["cmd"] == "line":
                write(received["text"] + "\n")
            elif received["cmd"] == "available":
                await connection.send(json.dumps({**received, "cmd": "enable"}))


asyncio.run(main())
