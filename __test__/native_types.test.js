'use strict';

// The seam between JavaScript and Rust: its declaration says what both engines have, and a call that takes names says
// which of them is wrong.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const binary = require('../lib/native/binary');
const wasm = require('../lib/wasm');
const { declared, differences, exported, faults } = require('../scripts/seam');

/** The binary, where there is one. */
function loaded() {
  try {
    return binary.load();
  } catch {
    return null;
  }
}

const native = loaded();

describe('lib/native/index.d.ts', () => {
  test('declares what the engines export, by name and number of arguments', () => {
    assert.deepStrictEqual(faults(native), []);
  });

  const shapes = { ...declared().core, ...declared().wasm };
  const fields = ['head', 'fault'];
  const compare = (engine) => differences('it', shapes, exported(engine), { fields });

  test('is found out when an export is missing', () => {
    const rest = { ...wasm };
    delete rest.release;
    assert.deepStrictEqual(compare(rest), ['it: release is declared, and missing']);
  });

  test('is found out when an export is not declared', () => {
    assert.deepStrictEqual(compare({ ...wasm, more() {} }), ['it: more is not declared']);
  });

  test('is found out when an export takes another number of arguments', () => {
    assert.deepStrictEqual(compare({ ...wasm, text: (_chunk) => '' }), [
      'it: text takes 1 arguments, and is declared with 3'
    ]);
  });

  test('is found out when a class has another method', () => {
    class HeadReader {
      constructor(_response) {}
      read(_chunk) {}
    }
    assert.deepStrictEqual(compare({ ...wasm, HeadReader }), [
      'it: HeadReader.receive is declared, and missing',
      'it: HeadReader.read is not declared'
    ]);
  });
});

/** What is accepted, and what is asked for. */
const REQUEST = {
  maxLength: 1000,
  method: 'GET',
  url: '/',
  upgrade: 'websocket',
  connection: 'Upgrade',
  version: '13',
  key: 'dGhlIHNhbXBsZSBub25jZQ=='
};
const ORDER = { maxLength: 1000, host: 'a', target: '/' };
const TUNNEL = { authority: 'a:80' };
const SETTINGS = { noContextTakeover: false, requestNoContextTakeover: false };

/** Calls that must not work, and what each says. */
const WRONG = [
  ['accept', undefined, 'accept takes an object'],
  ['accept', 'GET', 'accept takes an object'],
  ['accept', { ...REQUEST, maxLength: undefined }, 'accept: maxLength must be a number'],
  ['accept', { ...REQUEST, maxLength: '1' }, 'accept: maxLength must be a number'],
  ['accept', { ...REQUEST, protocols: 'a' }, 'accept: protocols must be an array of strings'],
  ['accept', { ...REQUEST, headers: ['X', 1] }, 'accept: headers must be an array of strings'],
  ['accept', { ...REQUEST, url: null }, 'accept: url must be a string'],
  ['accept', { ...REQUEST, answer: 4 }, 'accept: answer must be an object'],
  ['accept', { ...REQUEST, answer: { rsv: '4' } }, 'answer: rsv must be a number'],
  ['accept', { ...REQUEST, answer: { deflate: [] } }, 'deflate: noContextTakeover must be a boolean'],
  [
    'accept',
    { ...REQUEST, answer: { deflate: { ...SETTINGS, level: '9' } } },
    'deflate: level must be a number'
  ],
  ['connect', { ...ORDER, host: undefined }, 'connect: host must be a string'],
  ['connect', { ...ORDER, password: 1 }, 'connect: password must be a string'],
  ['connect', { ...ORDER, offer: { header: 1 } }, 'offer: header must be a string'],
  ['connect', { ...ORDER, tunnel: 'a:80' }, 'connect: tunnel must be an object'],
  ['connect', { ...ORDER, tunnel: {} }, 'tunnel: authority must be a string'],
  ['connect', { ...ORDER, tunnel: { ...TUNNEL, headers: 1 } }, 'tunnel: headers must be an array of strings'],
  ['codecOffer', 1, 'deflate takes an object']
];

for (const [name, engine] of [
  ['the binary', native],
  ['the WebAssembly engine', wasm]
]) {
  describe(`a call by names, on ${name}`, { skip: engine === null }, () => {
    for (const [call, argument, message] of WRONG) {
      test(`throws: ${message}, for ${JSON.stringify(argument)}`, () => {
        const before = engine.sessions();
        assert.throws(() => engine[call](argument), { name: 'TypeError', message });
        assert.strictEqual(engine.sessions(), before);
      });
    }

    test('takes names in any order, and leaves out what is undefined', () => {
      const [head, slot, protocol, fault, deflates] = engine.accept({
        protocols: ['a', 'b'],
        protocol: 'b',
        ...REQUEST,
        origin: undefined
      });
      engine.release(slot);
      assert.match(head, /^HTTP\/1\.1 101 /);
      assert.deepStrictEqual([protocol, fault, deflates], ['b', undefined, 0]);
    });

    test('calls no setter that somebody has put on the prototype of arrays', () => {
      let called = false;
      const set = () => {
        called = true;
      };
      Object.defineProperty(Array.prototype, 0, { configurable: true, set });
      let totals;
      let accepted;
      try {
        totals = engine.compressionTotals();
        accepted = engine === native ? engine.accept(REQUEST) : [''];
      } finally {
        delete Array.prototype[0];
      }
      if (engine === native) engine.release(accepted[1]);
      assert.deepStrictEqual([called, typeof totals[0], typeof accepted[0]], [false, 'number', 'string']);
    });

    test('says what the caller found wrong with the extensions', () => {
      const [head, slot, , fault] = engine.accept({ ...REQUEST, answer: { fault: 'no such extension' } });
      assert.match(head, /^HTTP\/1\.1 400 /);
      assert.deepStrictEqual([slot, fault], [-1, 'no such extension']);
    });

    for (const character of ['a', 'é', '中', '😀']) {
      const size = Buffer.byteLength(character);
      // Around what the binary reads with one call (`read_string` in `src/binding/js/values.rs`).
      test(`reads strings of any length whole, with ${size} bytes a character`, () => {
        for (let length = 244; length < 266; length++) {
          const text = 'x'.repeat(length % size) + character.repeat(length / size);
          const [head, slot] = engine.accept({ ...REQUEST, headers: ['X-Text', text] });
          engine.release(slot);
          assert.strictEqual(/^X-Text: (.*)\r$/m.exec(head)[1], text);
        }
      });
    }

    test('asks a proxy first where there is a tunnel', () => {
      const tunnel = { ...TUNNEL, headers: ['X-A', 'b'], username: 'u', password: 'p' };
      const [slot, request, connect] = engine.connect({ ...ORDER, tunnel });
      engine.release(slot);
      assert.match(request, /^GET \/ HTTP\/1\.1\r\n/);
      assert.match(connect, /^CONNECT a:80 HTTP\/1\.1\r\n/);
      assert.match(connect, /\r\nX-A: b\r\n/);
      assert.match(connect, /\r\nProxy-Authorization: Basic dTpw\r\n/);
    });
  });
}
