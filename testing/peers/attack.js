'use strict';

/** What the tests of threats have in common: a server that has warmed up, and figures of what an attack costs it. */

const { once } = require('node:events');

const { connect } = require('./raw_client');
const { megabytes, startSubject } = require('./subject');
const { text, binary, close, fragments } = require('../wire');

/**
 * A server in a process of its own that has served some connections already, so that what a process allocates once
 * is not counted as the attack's.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [settings] as for `startSubject`; without a behaviour it echoes
 * @returns {Promise<{subject: object, before: object}>} with a measure of the moment
 */
async function warmSubject(t, settings = {}) {
  const subject = await startSubject(t, { behaviour: echo, ...settings });
  for (let i = 0; i < 5; i++) {
    const client = await connect(t, subject.port, settings);
    client.send(text('warm'), ...fragments('wa', 'rm'), binary(Buffer.alloc(10_000)), close(1000));
    await client.rest();
    client.socket.destroy();
  }
  await subject.until('close', 5);
  return { subject, before: await subject.measure() };
}

function echo(ws) {
  ws.onmessage = ({ data }) => ws.send(data);
}

/**
 * Writes chunks as fast as the peer takes them, until they or the connection end.
 *
 * @param {object} client a RawClient
 * @param {Iterable<Buffer>} chunks
 * @returns {Promise<number>} the bytes that were written
 */
async function flood(client, chunks) {
  const { socket } = client;
  let written = 0;
  for (const chunk of chunks) {
    if (client.ended || socket.destroyed || !socket.writable) break;
    written += chunk.length;
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain').catch(() => {}), client.closed]);
  }
  return written;
}

/** A chunk, `count` times. */
function* repeated(chunk, count) {
  for (let i = 0; i < count; i++) yield chunk;
}

/** Resolves once `sample` has given the same number five times, with a `step` in between. */
async function settled(sample, step) {
  for (let same = 0, last = sample(); same < 5;) {
    await step();
    const next = sample();
    same = next === last ? same + 1 : 0;
    last = next;
  }
}

/** The close code and reason that the peer sends next; `null` if it ends without. */
async function closeCode(client) {
  for (;;) {
    const frame = await client.frame().catch(() => null);
    if (frame === null) return null;
    if (frame.opcode === 8) return frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0);
  }
}

/** What has grown between two measures, in bytes and in milliseconds of the processor. */
function cost(before, after) {
  return {
    rss: after.rss - before.rss,
    peak: after.peak - before.peak,
    cpu: (after.cpu - before.cpu) / 1000
  };
}

/** Prints what an attack has cost, and `more` behind it. */
function tell(t, { rss, peak, cpu }, more = '') {
  t.diagnostic(`RSS +${megabytes(rss)}, peak +${megabytes(peak)}, CPU ${cpu.toFixed(0)} ms${more}`);
}

module.exports = { closeCode, cost, flood, repeated, settled, tell, warmSubject };
