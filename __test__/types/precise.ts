// What the types know beyond that: events by name, data by type parameter, and misuse refused.

import WebSocket, { Client, EventSource, isWebSocket } from 'faye-websocket';
import deflate from 'faye-websocket/deflate';

declare const request: import('http').IncomingMessage;
declare const response: import('http').ServerResponse;
declare const socket: import('stream').Duplex;

const ws = new WebSocket<string | Buffer>(request, socket, Buffer.alloc(0));

ws.on('message', (event) => {
  const type: 'message' = event.type;
  // @ts-expect-error it may be a Buffer
  const text: string = event.data;
  const target: WebSocket.Connection = event.target;
  return [type, text, target];
});
ws.once('close', (event) => event.code.toFixed() + event.reason.trim());
ws.on('data', (data) => (typeof data === 'string' ? data.length : data.byteLength));
ws.on('drain', () => {});
// @ts-expect-error an open event has no data
ws.on('open', (event) => event.data);
// @ts-expect-error a message has one argument, and ws's isBinary would be missing
ws.on('message', (data, isBinary) => [data, isBinary]);
// @ts-expect-error the same where it says what it expects
ws.once('message', (data: Buffer, isBinary: boolean) => [data, isBinary]);
// @ts-expect-error and as a property of the platform
ws.addEventListener('message', (data: Buffer, isBinary: boolean) => [data, isBinary]);
// @ts-expect-error the code and the reason stand in the event
ws.on('close', (code: number, reason: Buffer) => [code, reason]);
// @ts-expect-error drain has no arguments
ws.addListener('drain', (event: object) => event);
ws.on('message', (data: any, isBinary?: boolean) => [data, isBinary]);
ws.on('message', (...args: any[]) => args);
ws.on('message', (event: { data: string }) => event.data.trim());
ws.on('my event', (a: number, b: string) => [a, b]);
ws.on(Symbol('mine'), (a: number, b: string) => [a, b]);
declare const ofBoth: WebSocket | Client;
ofBoth.addEventListener('message', function (event) {
  this.send(event.data);
});
declare const relay: (this: Client, event: { data: any }) => void;
new Client('ws://localhost/').addEventListener('message', relay);
const emitter: import('events').EventEmitter = ws;
for (const name of ['open', 'close'] as const) emitter.on(name, () => ws.once(name, (event) => event.type));
function listen<T>(connection: WebSocket.Connection<T>, name: string, listener: (...args: any[]) => void) {
  connection.on(name, listener).on('message', (event) => listener(event.data));
}
listen(ws, 'pong', (a, b) => [a, b]);
// @ts-expect-error the state is not for setting
ws.readyState = 3;
const state: 0 | 1 | 2 | 3 = ws.readyState;

for (const data of [new Uint8Array(3), new ArrayBuffer(3), new DataView(new ArrayBuffer(1)), 'text', 13]) {
  const flushed: boolean = ws.send(data);
  ws.ping(flushed);
}

// @ts-expect-error an option that nobody knows
new WebSocket(request, socket, Buffer.alloc(0), null, { pings: 1 });
// @ts-expect-error a URL is needed
new Client();

const client = new Client<string>('ws://localhost/', 'chat');
const either: WebSocket.Connection<string>[] = [client, new WebSocket<string>(request, socket)];

const es = new EventSource(request, response);
es.on('close', (event) => {
  // @ts-expect-error the end of a feed has no code
  event.code;
});
es.send('text', { id: 7 });
// @ts-expect-error there is no such option
es.send('text', { ids: 7 });

const extension: WebSocket.Extension = {
  name: 'x-reverse',
  type: 'permessage',
  rsv1: false,
  rsv2: true,
  rsv3: false,
  createClientSession: () => ({
    generateOffer: () => ({ level: 9, fast: true }),
    activate: (params) => params.level !== undefined,
    processIncomingMessage: (message, callback) => callback(null, message),
    processOutgoingMessage: (message, callback) => callback(null, { ...message, rsv2: true }),
    close: () => {}
  }),
  createServerSession: (offers) => (offers.length > 3 ? null : server)
};
const settings: deflate.Options = { level: 6, threshold: 256 };
new WebSocket(request, socket, undefined, null, { extensions: [deflate.configure(settings), extension] });
// @ts-expect-error zlib has no such setting
deflate.configure({ levels: 6 });

const server: WebSocket.ExtensionServerSession = {
  generateResponse: () => ({}),
  processIncomingMessage: (message, callback) => callback(new Error(String(message.opcode))),
  processOutgoingMessage: (message, callback) => callback(null, message),
  close: () => {}
};

new WebSocket(request, socket, undefined, null, {
  pongTimeout: 10,
  idleTimeout: 60,
  maxBufferedAmount: 1e6,
  onFull: 'drop'
});
// @ts-expect-error there is no such policy
new WebSocket.Client('ws://localhost/', null, { maxBufferedAmount: 1e6, onFull: 'wait' });
const refused: boolean = WebSocket.reject(socket, 401, { 'WWW-Authenticate': 'Basic' }, Buffer.from('No'));
// @ts-expect-error a status is a number
WebSocket.reject(socket, '401');
const ended: Promise<WebSocket.ShutdownResult> = WebSocket.shutdown([ws, es], { code: 1012, rate: 100 });
// @ts-expect-error one connection is closed by itself
WebSocket.shutdown(ws);
const prepared: WebSocket.PreparedMessage = WebSocket.prepare(new Uint8Array(2), { binary: true });
const taken: number = WebSocket.broadcast(new Set([ws]), prepared, { except: [ws] });
const size: number = prepared.size + taken;
ws.send(prepared);
WebSocket.broadcast([ws], 'text', { except: ws, binary: false });
// @ts-expect-error EventSources are not for broadcast
WebSocket.broadcast([es], 'text');
ws.send(new Blob(['bytes']));
// @ts-expect-error it has the type of neither
ws.send(new Response('bytes'));
// @ts-expect-error a Blob is to be read first
WebSocket.prepare(new Blob([]));

ws.send(new Uint8Array(1), { compress: false });
ws.send(13);
// @ts-expect-error its text would be sent
ws.send({ type: 'hello' });
// @ts-expect-error its text would be sent
ws.send(Promise.resolve('hello'));
// @ts-expect-error its text would be sent
ws.send(Symbol('hello'));
ws.binaryType = 'arraybuffer';
// @ts-expect-error there is no such type
ws.binaryType = 'text';
ws.addEventListener('message', { handleEvent: (event) => event.data }, { once: true });
async function modern(): Promise<number> {
  await ws.opened;
  for await (const message of ws) {
    const data: string | Buffer = message;
    if (data.length === 0) break;
  }
  const { readable, writable } = WebSocket.toStreams(ws);
  await writable.getWriter().write('x');
  const chunk: string | Buffer | undefined = (await readable.getReader().read()).value;
  return chunk ? WebSocket.OPEN : (await ws.closed).code;
}

export { either, modern, ended, extension, isWebSocket, refused, state };

const byAddress = new WebSocket.Client(new URL('ws://localhost/'), null, {
  proxy: new URL('http://user:word@localhost:3128')
});
const states: WebSocket.ConnectionStates = WebSocket.metrics().connections.client.direct;
byAddress.close(states.open > 0 ? 1000 : 3000);
