'use strict';

// Which sockets nobody but Node sees into: those of Node's own classes, with Node's own methods, whenever they were
// replaced. On a version of Node whose sources are not recognised everything would be copied, which these tests notice.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { readsAlone, writesAlone } = require('../lib/transport/untouched');

const LIB = path.join(__dirname, '../lib/transport/untouched');

/** What a process that has run `before` says of a socket that it has connected to itself. */
function ask(before) {
  const program = `
    const net = require('node:net');
    const { Duplex, Readable } = require('node:stream');
    const { EventEmitter } = require('node:events');
    ${before}
    const { readsAlone, writesAlone } = require(${JSON.stringify(LIB)});
    const server = net.createServer((socket) => {
      const listener = () => {};
      socket.on('data', listener);
      console.log(JSON.stringify([readsAlone(socket, listener), writesAlone(socket)]));
      process.exit();
    });
    server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1'));
  `;
  return JSON.parse(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }));
}

/** Puts a wrapper in front of a method, as an agent does that is loaded first. */
const wrap = (target, name) => `{
  const original = ${target}.${name};
  ${target}.${name} = function (...args) { return original.apply(this, args); };
}`;

describe('untouched sockets', () => {
  for (const secure of [false, true]) {
    test(`are Node's own${secure ? ', over TLS' : ''}`, async (t) => {
      const { port, next } = await serve(t, undefined, { secure, options: { transport: 'stream' } });
      await connect(t, port, { secure });
      const socket = (await next())._stream;
      assert.strictEqual(writesAlone(socket), true);
      assert.strictEqual(readsAlone(socket, socket.listeners('data')[0]), true);
      socket.on('data', () => {});
      assert.strictEqual(readsAlone(socket, socket.listeners('data')[0]), false);
    });
  }

  test('are so in a process in which nobody has replaced anything', () => {
    assert.deepStrictEqual(ask(''), [true, true]);
  });

  for (const [target, name] of [
    ['net.Socket.prototype', 'write'],
    ['Duplex.prototype', 'write'],
    ['net.Socket.prototype', '_write'],
    ['net.Socket.prototype', '_writev'],
    ['net.Socket.prototype', '_writeGeneric']
  ]) {
    test(`are not so for writing when ${name} of ${target} was replaced before we were loaded`, () => {
      assert.strictEqual(ask(wrap(target, name))[1], false);
    });
  }

  for (const [target, name] of [
    ['Readable.prototype', 'push'],
    ['net.Socket.prototype', 'push'],
    ['net.Socket.prototype', 'read'],
    ['EventEmitter.prototype', 'emit'],
    ['net.Socket.prototype', 'emit']
  ]) {
    test(`are not so for reading when ${name} of ${target} was replaced before we were loaded`, () => {
      assert.strictEqual(ask(wrap(target, name))[0], false);
    });
  }
});
