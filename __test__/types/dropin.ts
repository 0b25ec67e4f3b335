// Code in the manner of faye-websocket's users, which has to compile as it stands.

import http = require('http');
import fs = require('fs');
import WebSocket = require('faye-websocket');

const server: http.Server = http.createServer();
const sockets: WebSocket[] = [];

server.on('upgrade', (request: http.IncomingMessage, socket, body: Buffer) => {
  if (!WebSocket.isWebSocket(request)) return;
  let ws: WebSocket | null = new WebSocket(request, socket, body, ['irc', 'amqp'], {
    headers: { 'X-Served-By': 'here' },
    maxLength: 1024,
    ping: 15
  });
  sockets.push(ws);

  ws.on('open', () => ws!.ping('Mic check, one, two', () => {}));
  ws.on('message', (event) => {
    const text: string = event.data;
    JSON.parse(event.data);
    ws!.send(text);
    ws!.send(event.data);
  });
  ws.on('message', (event: any) => event.anything);
  ws.on('message', (event: { data: string }) => event.data.length);
  ws.on('close', (event: { code: number; reason: string }) => {
    console.log(event.code, event.reason);
    ws = null;
  });
  ws.on('error', (error: Error) => console.log(error.message));
  ws.on('something-else', (a: number, b: string) => a + b.length);
  ws.onmessage = (event) => ws!.send(event.data);
  ws.onopen = ws.onclose = null;
  ws.addEventListener('message', (event) => event.data);
  ws.removeEventListener('message', () => {});
  ws.pipe(ws);
  fs.createReadStream('somewhere').pipe(ws);
  ws.write('text');
  ws.end();
  ws.close(3000, 'done');
});

server.on('request', (request, response) => {
  const { EventSource } = WebSocket;
  if (!EventSource.isEventSource(request)) return;
  const es = new EventSource(request, response, {
    headers: { 'Access-Control-Allow-Origin': '*' },
    ping: 15,
    retry: 10
  });
  console.log('open', es.url, es.lastEventId);
  es.send('Breaking News!', { event: 'notification', id: '99' });
  es.on('close', (_event) => es.ping());
  es.on('close', function () {
    this.close();
  });
  es.close();
});

const client: WebSocket.Client = new WebSocket.Client('wss://www.example.com/', [], {
  proxy: { origin: 'http://username:password@proxy.example.com', headers: { 'User-Agent': 'node' } },
  net: { family: 6 },
  tls: { cert: fs.readFileSync('client.crt') },
  ca: fs.readFileSync('ca.crt'),
  extensions: []
});
new WebSocket.Client('ws://localhost/', null, { proxy: { origin: process.env.http_proxy, tls: null } });
client.on('open', function () {
  this.send(String(this.statusCode));
});
client.once('message', function (event) {
  this.close(1000, event.data);
});
client.addEventListener('message', function (event) {
  this.send(event.data);
});
client.on('something-else', function (a: number) {
  this.send(String(a));
});
client.on('open', () => console.log(client.statusCode, client.headers['server'], client.protocol));
const source: WebSocket.EventSource | null = null;
WebSocket.validateOptions({}, ['ping']);

class Mine extends WebSocket {
  constructor(request: http.IncomingMessage, socket: import('net').Socket) {
    super(request, socket, Buffer.alloc(0));
  }
}

export { Mine, source };
