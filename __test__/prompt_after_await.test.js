'use strict';

// Answers that leave a handler after an await. The first one of a turn leaves at once, and none waits for another
// connection's handler, whatever messages have been answered: the handlers of two connections run in one turn of the loop,
// one after the other, and the second one never returns. Over TLS Node's stream takes one write in a turn of the loop.

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { startSubject } = require('../testing/peers/subject');
const { text } = require('../testing/wire');

const WAYS = {
  'the direct transport': { options: { transport: 'direct' } },
  'the stream transport': { options: { transport: 'stream' } }
};

/** The messages of one packet. */
const COUNT = 8;

/** What a server does with these messages, and which of them it answers. */
const HANDLERS = {
  'await something': {
    onMessage: async (ws, data) => {
      await null;
      ws.send(data);
    },
    answered: COUNT
  },
  'put off their answers to a tick': {
    onMessage: (ws, data) => process.nextTick(() => ws.send(data)),
    answered: COUNT
  },
  'answer only some messages': {
    onMessage: (ws, data) => {
      if (data < 5) ws.send(data);
    },
    answered: 5
  }
};

/** The payloads of the next frames. */
async function payloads(client, count) {
  const list = [];
  while (list.length < count) list.push(String((await client.frame()).payload));
  return list;
}

/** Sends frames in one packet, and resolves once the kernel has them. */
function written({ socket }, ...frames) {
  return new Promise((resolve) => {
    socket.write(Buffer.concat(frames), resolve);
  });
}

for (const [name, way] of Object.entries(WAYS)) {
  describe(`over ${name}`, () => {
    for (const [what, { onMessage, answered }] of Object.entries(HANDLERS)) {
      test(
        `the answers of handlers that ${what} do not wait for another connection's`,
        { timeout: 60_000 },
        async (t) => {
          const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-prompt-'));
          t.after(() => fs.rmSync(folder, { recursive: true }));
          const go = path.join(folder, 'go');
          const behaviour = `(ws) => {
          const { existsSync } = process.mainModule.require('node:fs');
          const onMessage = ${onMessage};
          ws.onmessage = ({ data }) => {
            if (data === 'loop') for (;;);
            if (data !== 'hold') return onMessage(ws, data);
            ws.send('holding');
            while (!existsSync(${JSON.stringify(go)}));
          };
        }`;
          const { port } = await startSubject(t, { ...way, behaviour });
          const holder = await connect(t, port, way);
          const client = await connect(t, port, way);
          const other = await connect(t, port, way);
          const messages = Array.from({ length: COUNT }, (_, i) => String(i));
          holder.send(text('hold'));
          assert.deepStrictEqual(await payloads(holder, 1), ['holding']);
          // Both stand in the kernel before the server's loop goes on.
          await written(client, ...messages.map((message) => text(message)));
          await written(other, text('loop'));
          fs.writeFileSync(go, '');
          assert.deepStrictEqual(await payloads(client, answered), messages.slice(0, answered));
        }
      );
    }
  });
}
