'use strict';

/** Handlers and listeners: the EventTarget and the EventEmitter in one object. */

const { text, binary, close } = require('../../testing/wire');

/** Opens without the harness's own listeners. */
const quietly = (t, setup, how) => t.open({ ...how, watch: 'none', setup });

/** A function that says its name when it is called. */
const says = (t, what) => () => t.say(what);

module.exports = {
  async 'has handlers that are null'(t) {
    const c = await quietly(t);
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) t.value(name, c.ws[name]);
  },

  async 'emits, in order, all names of an ordinary life'(t) {
    const c = await t.open({ watch: 'emit' });
    await c.peerSends(text('one'), binary('two'));
    await c.peerSends(close(1000, 'bye'));
  },

  async 'emits, in order, all names of a violation'(t) {
    const c = await t.open({ watch: 'emit' });
    await c.peerSends(text('x', { rsv: 1 }));
  },

  async 'emits, in order, all names of a reset'(t) {
    const c = await t.open({ watch: 'emit' });
    await c.peerResets();
  },

  async 'emits, in order, all names of a refused handshake'(t) {
    await t.open({ watch: 'emit', headers: { 'Sec-WebSocket-Version': '8' } });
  },

  async 'passes events to handlers alone'(t) {
    const c = await t.open({ watch: 'handlers' });
    await c.peerSends(text('one'));
    await c.peerSends(close(3000, 'bye'));
  },

  async 'calls data listeners, then the handler, then message listeners'(t) {
    const c = await quietly(t, (ws) => {
      ws.on('message', says(t, 'first listener'));
      ws.onmessage = says(t, 'handler');
      ws.addEventListener('message', says(t, 'second listener'));
      ws.on('data', says(t, 'data listener'));
    });
    await c.peerSends(text('x'));
  },

  async 'calls onopen before open listeners'(t) {
    await quietly(t, (ws) => {
      ws.on('open', says(t, 'listener'));
      ws.onopen = says(t, 'handler');
    });
  },

  async 'calls end listeners, then onclose, then close listeners'(t) {
    const c = await quietly(t, (ws) => {
      ws.on('close', says(t, 'close listener'));
      ws.onclose = says(t, 'handler');
      ws.on('end', says(t, 'end listener'));
    });
    await c.peerSends(close(1000));
  },

  async 'calls handlers on the WebSocket'(t) {
    const c = await quietly(t, (ws) => {
      ws.onmessage = function () {
        t.value('this in the handler', this === ws);
      };
      ws.on('message', function () {
        t.value('this in the listener', this === ws);
      });
    });
    await c.peerSends(text('x'));
  },

  async 'passes one event object to the handler and to all listeners'(t) {
    const seen = new Set();
    const c = await quietly(t, (ws) => {
      ws.onmessage = (event) => seen.add(event);
      ws.on('message', (event) => seen.add(event));
      ws.addEventListener('message', (event) => seen.add(event));
    });
    await c.peerSends(text('x'));
    t.value('different events', seen.size);
  },

  async 'passes a new event object for each message'(t) {
    const seen = new Set();
    const c = await quietly(t, (ws) => ws.on('message', (event) => seen.add(event)));
    await c.peerSends(text('x'), text('x'));
    t.value('different events', seen.size);
  },

  async 'makes events with fields that a handler may change'(t) {
    const c = await quietly(t, (ws) => {
      ws.onmessage = (event) => {
        event.data = 'changed';
        event.extra = 1;
      };
      ws.on('message', (event) => {
        t.value('data', event.data);
        t.value('extra', event.extra);
      });
    });
    await c.peerSends(text('original'));
  },

  async 'makes message events with these own keys'(t) {
    const c = await quietly(t, (ws) =>
      ws.on('message', (event) => t.value('keys', Object.keys(event).sort()))
    );
    await c.peerSends(text('x'));
  },

  async 'makes events with methods that do nothing'(t) {
    const c = await quietly(t, (ws) =>
      ws.on('message', (event) => {
        t.attempt('preventDefault', () => event.preventDefault());
        t.attempt('stopPropagation', () => event.stopPropagation());
        t.attempt('initEvent', () => event.initEvent('other', true, true));
        t.value('type', event.type);
        t.value('bubbles', event.bubbles);
        t.value('cancelable', event.cancelable);
      })
    );
    await c.peerSends(text('x'));
  },

  async 'does not stop other listeners for stopPropagation'(t) {
    const c = await quietly(t, (ws) => {
      ws.onmessage = (event) => event.stopPropagation();
      ws.on('message', says(t, 'still called'));
    });
    await c.peerSends(text('x'));
  },

  async 'lets a handler be replaced and removed'(t) {
    const c = await quietly(t, (ws) => (ws.onmessage = says(t, 'first')));
    await c.peerSends(text('x'));
    c.ws.onmessage = says(t, 'second');
    await c.peerSends(text('x'));
    c.ws.onmessage = null;
    await c.peerSends(text('x'));
    c.ws.onmessage = undefined;
    await c.peerSends(text('x'));
  },

  async 'throws out of dispatch for a handler that is not a function'(t) {
    const c = await quietly(t, (ws) => (ws.onmessage = {}));
    await t.step('a message', () => {
      c.peer.write(text('x'));
    });
    t.value('lines so far', t.trace.lines.filter((line) => line.startsWith('uncaught TypeError')).length);
  },

  async 'removes with removeEventListener what was added with on'(t) {
    const listener = says(t, 'never');
    const c = await quietly(t, (ws) => ws.on('message', listener));
    c.call('removeEventListener', 'message', listener);
    await c.peerSends(text('x'));
  },

  async 'removes with removeListener and off what was added with addEventListener'(t) {
    const one = says(t, 'never one');
    const two = says(t, 'never two');
    const c = await quietly(t, (ws) => {
      ws.addEventListener('message', one);
      ws.addEventListener('message', two, true);
      ws.addEventListener('message', says(t, 'left'), { once: true });
    });
    c.ws.removeListener('message', one);
    c.ws.off('message', two);
    await c.peerSends(text('x'), text('y'));
  },

  async 'returns undefined from addEventListener and removeEventListener'(t) {
    const c = await quietly(t);
    c.call('addEventListener', 'message', () => {});
    c.call('removeEventListener', 'message', () => {});
    c.call('addEventListener', 'nonsense', () => {});
  },

  async 'throws from addEventListener for what is no function'(t) {
    const c = await quietly(t);
    c.call('addEventListener', 'message', null);
    c.call('addEventListener', 'message', { handleEvent() {} });
  },

  async 'calls a listener twice that was added twice, and removes it once'(t) {
    const listener = says(t, 'called');
    const c = await quietly(t, (ws) => {
      ws.addEventListener('message', listener);
      ws.addEventListener('message', listener);
    });
    await c.peerSends(text('x'));
    c.ws.removeEventListener('message', listener);
    await c.peerSends(text('y'));
  },

  async 'calls once listeners once'(t) {
    const c = await quietly(t, (ws) => {
      ws.once('message', (event) => t.value('once message', event.data));
      ws.once('data', (data) => t.value('once data', data));
    });
    await c.peerSends(text('x'), text('y'));
  },

  async 'can be awaited with events.once'(t) {
    const { once } = require('events');
    const c = await quietly(t);
    const waiting = once(c.ws, 'message').then(([event]) => t.value('awaited', event.data));
    await c.peerSends(text('x'));
    await waiting;
  },

  async 'calls prepended listeners first'(t) {
    const c = await quietly(t, (ws) => {
      ws.on('message', says(t, 'second'));
      ws.prependListener('message', says(t, 'first'));
    });
    await c.peerSends(text('x'));
  },

  async 'counts one error listener of its own and no others'(t) {
    const c = await quietly(t);
    for (const name of ['open', 'message', 'data', 'error', 'close', 'end', 'drain']) {
      t.value(name, c.ws.listenerCount(name));
    }
    t.value('names', c.ws.eventNames());
  },

  async 'does not throw for an error that nobody listens for'(t) {
    const c = await quietly(t);
    await c.peerSends(text('x', { rsv: 1 }));
    c.state();
  },

  async 'throws for an error once all its listeners are removed'(t) {
    const c = await quietly(t);
    c.ws.removeAllListeners('error');
    await t.step('a violation', () => c.peer.write(text('x', { rsv: 1 })));
  },

  async 'dispatches events that a caller makes'(t) {
    const c = await quietly(t, (ws) => {
      ws.onmessage = (event) => t.value('handler', event.data);
      ws.on('message', (event) => t.value('listener', event.data));
    });
    const event = { type: 'message', data: 'made up' };
    c.call('dispatchEvent', event);
    t.value('target', event.target === c.ws && event.currentTarget === c.ws);
    t.value('eventPhase', event.eventPhase);
  },

  async 'dispatches events of any name'(t) {
    const c = await quietly(t, (ws) => {
      ws.onstrange = (event) => t.value('handler', event.type);
      ws.on('strange', (event) => t.value('listener', event.type));
    });
    c.call('dispatchEvent', { type: 'strange' });
  },

  async 'does not call handlers for a plain emit'(t) {
    const c = await quietly(t, (ws) => {
      ws.onmessage = says(t, 'never');
      ws.on('message', says(t, 'listener'));
    });
    c.call('emit', 'message', {});
  },

  async 'tells messages behind a throwing listener all the same'(t) {
    const c = await t.open({
      setup(ws) {
        ws.on('message', (event) => {
          if (event.data === 'throw') throw new Error('from the listener');
        });
      }
    });
    await c.peerSends(text('throw'));
    await c.peerSends(text('later'));
  },

  async 'tells messages of the same packet behind a throwing listener'(t) {
    const c = await t.open({
      setup(ws) {
        ws.on('message', (event) => {
          if (event.data === 'throw') throw new Error('from the listener');
        });
      }
    });
    await c.peerSends(text('throw'), text('behind'));
    await c.peerSends(text('later'));
  },

  async 'closes once for a listener of close that throws'(t) {
    const c = await t.open({
      setup(ws) {
        ws.onclose = () => {
          throw new Error('from onclose');
        };
      }
    });
    await c.peerSends(close(1000));
    c.state();
  },

  async 'opens for a listener of open that throws'(t) {
    const c = await t.open({
      setup(ws) {
        ws.onopen = () => {
          throw new Error('from onopen');
        };
      }
    });
    await c.peerSends(text('later'));
  },

  async 'sends by the hundred in a handler without losing the order'(t) {
    const c = await quietly(t, (ws) => {
      ws.onmessage = (event) => {
        for (let i = 0; i < 3; i++) ws.send(`${event.data}${i}`);
      };
    });
    await c.peerSends([...'abcdefgh'].map((letter) => text(letter)));
  }
};
