"""The peer of conversation.js made of the PyPI package websockets."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

SIZE = 16 << 20
PATTERN = b"a pattern of no power of two"

MESSAGES = {
    "text": "h\u00e9llo \u6c34 \U0001f600",
    "binary": bytes(range(256)),
    "long text": "\u00e9" * (SIZE // 2),
    "long binary": (PATTERN * (SIZE // len(PATTERN) + 1))[:SIZE],
}
OPTIONS = {"max_size": None, "ping_interval": None}


def report(*words):
    print(*words, flush=True)


async def converse(websocket):
    try:
        async for message in websocket:
            if isinstance(message, str) and message.startswith("close "):
                _, code, reason = message.split(" ")
                await websocket.close(int(code), reason)
            else:
                await websocket.send(message)
    except ConnectionClosed:
        pass  # Raised for every code but 1000 and 1001.
    report("closed", websocket.close_code, websocket.close_reason)


async def run_server():
    async with serve(converse, "127.0.0.1", 0, **OPTIONS) as server:
        report(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().create_future()


async def run_client(url):
    async with connect(url, **OPTIONS) as websocket:
        for name, message in MESSAGES.items():
            await websocket.send(message)
            if await websocket.recv() == message:
                report("echoed", name)
        await (await websocket.ping("p"))
        report("pong", "p")
        await websocket.send("close 3001 bye")
        await websocket.wait_closed()
        report("closed", websocket.close_code, websocket.close_reason)
    async with connect(url, **OPTIONS) as websocket:
        await websocket.close(3002, "own")
        report("closed", websocket.close_code, websocket.close_reason)


asyncio.run(run_server() if sys.argv[1] == "serve" else run_client(sys.argv[2]))
