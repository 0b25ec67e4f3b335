'use strict';

/** What the tests of async contexts have in common. */

const { AsyncLocalStorage } = require('node:async_hooks');

const WebSocket = require('./implementation');
const { connect } = require('./raw_client');
const { serve } = require('./server');

/** The one that is entered where connections are constructed. */
const store = new AsyncLocalStorage();

/** The ways that bytes travel, as settings of {@link serveScoped} and of `connect`. */
const WAYS = {
  direct: { options: { transport: 'direct' } },
  stream: { options: { transport: 'stream' } },
  TLS: { options: {}, secure: true }
};

/**
 * A server whose connections are each constructed within a store of their own: 0, 1, 2 and so on.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} way one of {@link WAYS}
 * @param {function(object, number): void} onWebSocket gets the connection and the number
 * @returns {Promise<object>} of `serve`
 */
async function serveScoped(t, way, onWebSocket) {
  let count = 0;
  return serve(t, undefined, {
    secure: way.secure,
    upgrade: (request, socket, head) => {
      const id = count++;
      store.run(id, () => {
        onWebSocket(new WebSocket(request, socket, head, [], { ...way.options, ...way.more }), id);
      });
    }
  });
}

/**
 * Raw clients of a server, in the order of their numbers, once each connection uses the transport that it will have.
 *
 * @param {import('node:test').TestContext} t
 * @param {{port: number}} server
 * @param {object} way
 * @param {number} count
 * @returns {Promise<object[]>}
 */
async function connectAll(t, server, way, count) {
  const clients = [];
  for (let i = 0; i < count; i++) clients.push(await connect(t, server.port, way));
  return clients;
}

/** A promise with its `resolve`. */
function deferred() {
  let resolve;
  const promise = new Promise((take) => (resolve = take));
  return { promise, resolve };
}

/**
 * Takes uncaught exceptions from the test runner.
 *
 * @param {import('node:test').TestContext} t
 * @returns {string[]} their messages, with the store in which each surfaced
 */
function uncaughtWithStores(t) {
  const caught = [];
  const handlers = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', ({ message }) => caught.push(`${message} in ${store.getStore()}`));
  t.after(() => {
    process.removeAllListeners('uncaughtException');
    for (const handler of handlers) process.on('uncaughtException', handler);
  });
  return caught;
}

module.exports = { WAYS, connectAll, deferred, serveScoped, store, uncaughtWithStores };
