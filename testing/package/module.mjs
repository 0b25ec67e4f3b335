// The same in an ES module.

import http from 'node:http';

import WebSocket, { EventSource, WebSocket as Named, isWebSocket } from 'faye-websocket';
import deflate from 'faye-websocket/deflate';

if (WebSocket !== Named || WebSocket.EventSource !== EventSource || WebSocket.deflate !== deflate)
  throw new Error('not the same');

const server = http.createServer();

server.on('upgrade', (request, socket, head) => {
  if (!isWebSocket(request)) return socket.destroy();
  const ws = new WebSocket(request, socket, head, 'irc, amqp');
  ws.addEventListener('open', () => {
    console.log('open', ws.url, ws.version, ws.protocol);
    ws.ping(null, () => console.log('pong'));
  });
  ws.addEventListener('message', ({ data }) => ws.send(data));
  ws.addEventListener('close', ({ code, reason }) => {
    console.log('close', code, reason);
    server.close();
  });
});

server.listen(0, () => console.log('port', server.address().port));
