'use strict';

/**
 * EventSources in the soak of the seam (`soak/seam.js`), beside connections whose handlers do what they like: each client has to
 * receive every byte in order, to the end where the end is in order, and each end is told once, whoever has ended it.
 */

const { once } = require('node:events');
const http = require('node:http');

const { EventSource } = require('..');
const { random } = require('../testing/peers/random');
const { messageOf } = require('./seam_messages');
const { Asked } = require('./seam_operations');

/** How a stream is ended, and whether the client has to have received all that was sent. */
const ENDINGS = [
  [({ source }) => source.close(), true],
  [({ source }) => source._stream.end(), true],
  [({ response }) => response.destroy(), false],
  [({ client }) => client.destroy(), false]
];

/** The text of an event: that of a message, or its bytes as characters, with all line breaks that there are. */
function textOf(seed, number) {
  const message = messageOf(seed, number);
  return typeof message === 'string' ? message.replaceAll(' ', '\r\n') : message.latin1Slice();
}

const framed = (text) => `data: ${text.replace(/\r\n|\r|\n/g, '$&data: ')}\r\n\r\n`;

/** Reads what a client receives, at its own pace, and compares it with what it is to receive. */
class Reader {
  constructor(client, roll, onText) {
    this.expected = 'retry: 1000\r\n\r\n';
    this.client = client;
    this.isRight = true;
    client.setEncoding('utf8');
    client.on('error', () => {});
    client.on('data', (text) => {
      onText();
      this.isRight = this.isRight && this.expected.startsWith(text);
      this.expected = this.expected.slice(text.length);
      if (roll(10) > 0) return;
      client.pause();
      setTimeout(() => client.resume(), roll(5));
    });
    this.ended = new Promise((resolve) => client.on('close', resolve));
  }
}

/** Makes a server, whose `follow` makes one EventSource, and resolves once both ends are over. */
async function serveEvents(world, onText) {
  const server = http.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  const waiting = new Map();
  server.on('request', (request, response) => waiting.get(request.url)(request, response));

  async function follow(seed) {
    const roll = random(seed);
    const path = `/${seed}`;
    const made = new Promise((resolve) => waiting.set(path, (...both) => resolve(both)));
    const asked = http.get({ port, host: '127.0.0.1', path, agent: false });
    asked.on('error', () => {});
    const [request, response] = await made;
    waiting.delete(path);
    const source = new EventSource(request, response, { retry: 1 });
    const [client] = await once(asked, 'response');
    const reader = new Reader(client, roll, onText);
    let closes = 0;
    source.on('close', () => closes++);
    source.on('drain', () => {
      if (roll(4) === 0) throw new Asked('asked');
    });
    for (let number = 5 + roll(40); number > 0; number--) {
      const text = textOf(seed, number);
      reader.expected += framed(text);
      source.send(text);
      world.count('event');
      if (roll(3) === 0) await new Promise((resolve) => setTimeout(resolve, roll(3)));
    }
    const [end, isWhole] = ENDINGS[roll(ENDINGS.length)];
    end({ source, response, client });
    if (closes === 0) await once(source, 'close');
    await reader.ended;
    if (!reader.isRight) world.fault(`events ${seed}: the client has received something else`);
    if (isWhole && reader.expected !== '')
      world.fault(`events ${seed}: ${reader.expected.length} are missing`);
    await new Promise(setImmediate);
    if (closes !== 1 || source.send('x')) world.fault(`events ${seed}: closed ${closes} times`);
    world.count('connection over events');
  }
  return { follow, close: () => server.close() };
}

module.exports = { serveEvents };
