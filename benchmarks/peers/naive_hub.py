"""A peer: the hub that one writes with the `websockets` library; one send for each line and client.

Prints its URL. It knows just enough of the protocol for the stand-in and the receivers, and checks
no ticket. `websockets.broadcast` is the library's own, fast way to send one message to many.
"""

import asyncio
import json
import logging

import websockets

CONNECTED = '{"cmd":"connected","server":"logstream-naive"}'


class Hub:
    """One link, and clients that all want its source."""

    def __init__(self) -> None:
        self.clients: set[websockets.ServerConnection] = set()
        self.link: websockets.ServerConnection | None = None
        self.available = ""

    async def serve(self, connection: websockets.ServerConnection) -> None:
        """Talk with a client or with the link."""
        await connection.send(CONNECTED)
        async for message in connection:
            received = json.loads(message)
            match received["cmd"]:
                case "line":
                    websockets.broadcast(self.clients, message)
                case "offer":
                    self.link = connection
                    await connection.send(json.dumps({"cmd": "success", "msg": received}))
                case "available":
                    self.available = str(message)
                case "stream-environment":
                    await connection.send(self.available or CONNECTED)
                case "enable" if self.link is not None:
                    if not self.clients:
                        await self.link.send(message)
                    self.clients.add(connection)
                    await connection.send(json.dumps({"cmd": "success", "msg": received}))


async def main() -> None:
    logging.disable(logging.CRITICAL)
    async with websockets.serve(Hub().serve, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"ws://127.0.0.1:{port}/", flush=True)
        await server.serve_forever()


asyncio.run(main())
