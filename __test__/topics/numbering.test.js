'use strict';

// Numbers of messages, by which a process knows what has come twice, and what was lost.

const assert = require('node:assert');
const { test } = require('node:test');

const { Numbers, Publisher } = require('../../lib/topics/numbering');

test('a publisher counts each topic from 1 on, under one name', () => {
  const publisher = new Publisher();
  const { name } = publisher;
  assert.deepStrictEqual(
    ['a', 'a', 'b', 'a'].map((topic) => publisher.next(topic)),
    [1, 2, 1, 3]
  );
  assert.strictEqual(publisher.name, name);
  assert.strictEqual(name.length, 8);
});

test('a publisher begins anew under another name once it knows 100,000 topics', () => {
  const publisher = new Publisher();
  const { name } = publisher;
  for (let i = 0; i < 100_000; i++) publisher.next(`topic ${i}`);
  assert.strictEqual(publisher.name, name);
  assert.strictEqual(publisher.next('topic 0'), 1);
  assert.notDeepStrictEqual(publisher.name, name);
  const renewed = publisher.name;
  assert.strictEqual(publisher.next('topic 0'), 2);
  assert.strictEqual(publisher.name, renewed);
});

test('a number follows, has come before, or leaves some out', () => {
  const numbers = new Numbers();
  const take = (...each) => each.map((number) => numbers.take('a', number));
  assert.deepStrictEqual(take(5, 6, 6, 5, 8, 9), ['next', 'next', 'again', 'again', 'ahead', 'next']);
  assert.strictEqual(numbers.take('b', 1), 'next');
});

test('what was lost up to now is forgiven once, to each publisher', () => {
  const numbers = new Numbers();
  for (const publisher of ['a', 'b']) numbers.take(publisher, 1);
  numbers.forgive();
  assert.deepStrictEqual([numbers.take('a', 4), numbers.take('a', 6)], ['next', 'ahead']);
  assert.deepStrictEqual([numbers.take('b', 1), numbers.take('b', 3)], ['again', 'next']);
});

test('of more than 1,000 publishers the one that was quiet longest is forgotten', () => {
  const numbers = new Numbers();
  for (let i = 0; i < 1000; i++) numbers.take(`publisher ${i}`, 1);
  numbers.take('publisher 0', 2);
  numbers.take('one more', 1);
  assert.strictEqual(numbers._last.size, 1000);
  assert.strictEqual(numbers.take('publisher 0', 4), 'ahead');
  assert.strictEqual(numbers.take('publisher 2', 1), 'again');
  // Nobody knows what it had sent before.
  assert.strictEqual(numbers.take('publisher 1', 7), 'next');
});
