'use strict';

// A peer whose messages are each answered by a Blob. A Blob takes Node more than its bytes, and longer, so that only some wait.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { until } = require('../testing/peers/told');
const { WAYS, meet } = require('../testing/peers/ways');

const COUNT = 5000;
/** How many Blobs of one byte may wait, with the frames that they have become. */
const MOST = 600;

describe('answers by Blobs', { timeout: 60000 }, () => {
  for (const way of WAYS) {
    test(`wait in small numbers while a peer asks for many, and come in order: ${way.name}`, async (t) => {
      const [server, client] = await meet(t, way);
      let most = 0;
      server.onmessage = ({ data }) => {
        server.send(new Blob([data]));
        most = Math.max(most, server.bufferedAmount);
      };
      const received = [];
      client.onmessage = ({ data }) => received.push(data[0]);
      for (let i = 0; i < COUNT; i++) client.send(String.fromCharCode(97 + (i % 26)));
      await until(() => received.length === COUNT);
      assert.ok(
        received.every((byte, i) => byte === 97 + (i % 26)),
        'in order'
      );
      assert.ok(most < MOST, `${most} bytes`);
    });
  }
});
