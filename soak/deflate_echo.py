"""Echoes of the PyPI package websockets: `serve` prints a port, `connect URL` talks until it is closed."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

OPTIONS = {"max_size": None, "ping_interval": None}


async def echo(websocket):
    try:
        async for message in websocket:
            await websocket.send(message)
    except ConnectionClosed:
        pass


async def run_server():
    async with serve(echo, "127.0.0.1", 0, **OPTIONS) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()


async def run_client(url):
    async with connect(url, **OPTIONS) as websocket:
        await echo(websocket)


asyncio.run(run_server() if sys.argv[1] == "serve" else run_client(sys.argv[2]))
