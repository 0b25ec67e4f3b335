"""An echo over HTTP/2, by hypercorn: certificate and key in the files that the arguments name. Prints its port."""

import asyncio
import socket
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "chat"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            print("closed", event["code"], scope["http_version"], flush=True)
            return
        if event.get("text") is not None:
            await send({"type": "websocket.send", "text": event["text"]})
        else:
            await send({"type": "websocket.send", "bytes": event["bytes"]})


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
config = Config()
config.certfile, config.keyfile = sys.argv[1], sys.argv[2]
config.bind = [f"fd://{listener.fileno()}"]
config.websocket_max_message_size = 1 << 24
print("port", listener.getsockname()[1], flush=True)
asyncio.run(serve(app, config))
