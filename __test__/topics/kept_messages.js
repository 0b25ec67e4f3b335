'use strict';

/** Topics on a broker that keeps messages, which a test asks and loses. */

const { Topics } = require('../../topics');
const { Broker } = require('../../testing/topics/fake_broker');

/** A broker that keeps messages, and a process with topics on it. */
function setUp(options) {
  const broker = new Broker({ keeps: true });
  const adapter = broker.adapter();
  // What a process remembers itself would spare it most of what is tried here.
  const hub = new Topics({ adapter, recent: 0, ...options });
  const gaps = [];
  hub.on('gap', (gap) => gaps.push(gap));
  return { adapter, broker, gaps, hub };
}

/** Publishes numbers. */
function publish(broker, from, to) {
  for (let i = from; i <= to; i++) broker.publish('news', String(i));
}

/** Numbers as they arrive. */
function numbers(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

module.exports = { numbers, publish, setUp };
