'use strict';

/**
 * The surface to the letter: every export, prototype, function and property, with descriptors and order, and every
 * instance in every state, compared with the reference's. What differs is listed in `surface/differences.js`.
 */

const assert = require('node:assert');
const { test } = require('node:test');

const { differencesOf, faultsOf } = require('./surface/compare');
const { describeExports, describeInstance, shownPrivates } = require('./surface/describe');
const known = require('./surface/differences');
const { walkInstances } = require('./surface/instances');
const { onTransport } = require('../../testing/parity/transport');

const REFERENCE = 'faye-websocket-reference';
const OURS = '../..';

/** The extension that programs pass to each. */
const DEFLATE = { [REFERENCE]: 'permessage-deflate', [OURS]: '../../deflate' };

/** What a package exports, by name: from its main module, and from those that programs require by their paths. */
function rootsOf(name) {
  const WebSocket = require(name);
  const lib = `${name}/lib/faye`;
  return {
    deflate: require(DEFLATE[name]),
    WebSocket,
    Connection: require(`${lib}/websocket/api`),
    Client: require(`${lib}/websocket/client`),
    EventSource: require(`${lib}/eventsource`),
    Event: require(`${lib}/websocket/api/event`),
    EventTarget: require(`${lib}/websocket/api/event_target`)
  };
}

/** The description of all instances of an implementation. */
async function instancesOf(name, transport) {
  const roots = rootsOf(name);
  const names = new Map(
    Object.entries(roots)
      .filter(([, { prototype }]) => prototype)
      .map(([root, { prototype }]) => [prototype, `${root}.prototype`])
  );
  const lines = new Map();
  const show = (path, object) => {
    for (const [line, text] of describeInstance(path, object, names)) lines.set(line, text);
  };
  await walkInstances(transport ? onTransport(roots.WebSocket, transport) : roots.WebSocket, show);
  return lines;
}

/** Fails with all faults, if there are any. */
function check(faults) {
  if (faults.length > 0) assert.fail(`\n${faults.join('\n')}`);
}

test('nothing private is shown by a listing of a prototype', () => {
  for (const [name, { prototype }] of Object.entries(rootsOf(OURS)))
    if (prototype) assert.deepStrictEqual(shownPrivates(prototype), [], name);
});

test('exports differ in nothing that is not listed', () => {
  const differences = differencesOf(describeExports(rootsOf(REFERENCE)), describeExports(rootsOf(OURS)));
  const listed = known.filter(({ of }) => of === 'exports');
  check(faultsOf(differences, listed));
});

for (const transport of ['stream', 'direct']) {
  test(`instances differ in nothing that is not listed (${transport})`, async () => {
    const differences = differencesOf(await instancesOf(REFERENCE), await instancesOf(OURS, transport));
    const listed = known.filter(({ of }) => of === 'instances');
    check(faultsOf(differences, listed));
  });
}
