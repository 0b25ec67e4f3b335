'use strict';

/**
 * The longest text that there can be, and one that is longer by a unit: 512 MB each, in frames of 16 MB, on both
 * transports. The first must arrive, the second be refused with 1009. Takes 2 GB of memory.
 *
 *     node soak/longest_text.js
 */

const assert = require('node:assert');
const { constants } = require('node:buffer');
const { once } = require('node:events');

const { connect } = require('../testing/peers/raw_client');
const { startSubject } = require('../testing/peers/subject');
const { frame } = require('../testing/wire');

const PIECE = 16 << 20;
const LONGEST = constants.MAX_STRING_LENGTH;

/** What ends with the script, for helpers that end things with their test. */
const ends = [];
const t = { after: (end) => ends.push(end) };

/** Sends a text of `length` letters, as fast as the peer takes it. */
async function send(client, length) {
  for (let sent = 0; sent < length && !client.ended; sent += PIECE) {
    const payload = Buffer.alloc(Math.min(PIECE, length - sent), 'a');
    const bytes = frame({
      opcode: sent === 0 ? 1 : 0,
      payload,
      fin: sent + PIECE >= length,
      mask: Buffer.alloc(4)
    });
    if (!client.socket.write(bytes)) await Promise.race([once(client.socket, 'drain'), client.closed]);
  }
}

async function main() {
  for (const transport of ['direct', 'stream']) {
    const subject = await startSubject(t, {
      behaviour: (ws, { state }) => (ws.onmessage = ({ data }) => state.notes.push(data.length)),
      options: { maxLength: 2 ** 31 - 1 },
      env: { FAYE_WEBSOCKET_TRANSPORT: transport }
    });
    for (const [i, length] of [LONGEST, LONGEST + 1].entries()) {
      const client = await connect(t, subject.port);
      await send(client, length);
      if (i === 0) await subject.until('message');
      client.socket.end();
      await subject.until('close', i + 1);
    }
    const { state, peak } = await subject.measure();
    console.log(`${transport}: ${JSON.stringify(state.closes)}, peak ${(peak / 2 ** 20).toFixed(0)} MB`);
    assert.deepStrictEqual(state.notes, [LONGEST]);
    assert.deepStrictEqual(state.closes[1], [1009, 'WebSocket frame length too large']);
    await subject.stop();
  }
}

main().finally(() => ends.forEach((end) => end()));
