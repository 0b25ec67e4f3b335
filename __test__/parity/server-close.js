'use strict';

/** Closing from either side, and streams that end without it (RFC 6455 section 7). */

const { frame, text, ping, pong, close } = require('../../testing/wire');

const scripts = {
  async 'answers a close frame with the same code and reason, then closes'(t) {
    const c = await t.open();
    await c.peerSends(close(1000, 'all done'));
    c.state();
  },

  async 'answers a close frame without a code with 1000'(t) {
    const c = await t.open();
    await c.peerSends(close());
  },

  async 'answers a close frame of one byte with 1002'(t) {
    const c = await t.open();
    await c.peerSends(frame({ opcode: 8, payload: [3] }));
  },

  async 'answers a close reason that is not UTF-8 with 1002'(t) {
    const c = await t.open();
    await c.peerSends(frame({ opcode: 8, payload: [3, 232, 0xc3, 0x28] }));
  },

  async 'answers a close reason that is not UTF-8 and comes in pieces with 1002'(t) {
    const c = await t.open();
    const bytes = frame({ opcode: 8, payload: [3, 232, 0x61, 0xff] });
    await c.peerSends(bytes.subarray(0, 7));
    await c.peerSends(bytes.subarray(7));
  },

  async 'receives a close reason of 123 bytes'(t) {
    const c = await t.open();
    await c.peerSends(close(1000, 'r'.repeat(123)));
  },

  async 'receives a close reason outside ASCII'(t) {
    const c = await t.open();
    await c.peerSends(close(4321, 'tschüß 水'));
  },

  async 'ignores everything behind a close frame'(t) {
    const c = await t.open({ allowHalfOpen: true });
    await c.peerSends(close(1000), text('never'), ping('never'), close(1001));
    await c.peerSends(text('never'));
  },

  async 'sends a close frame and waits for the answer'(t) {
    const c = await t.open();
    await c.calls('close');
    c.state();
    await c.peerSends(close(1000));
    c.state();
  },

  async 'takes the code and reason of the answer for its own close event'(t) {
    const c = await t.open();
    await c.calls('close', 3333, 'ours');
    await c.peerSends(close(4444, 'theirs'));
  },

  async 'sends its code and reason'(t) {
    const c = await t.open();
    await c.calls('close', 4999, 'the reason: ü');
  },

  async 'sends a reason of more than 123 bytes as it is'(t) {
    const c = await t.open();
    await c.calls('close', 1000, 'r'.repeat(124));
  },

  async 'takes code 1000 when given none, null or zero'(t) {
    for (const code of [undefined, null, 0, '', false]) {
      const c = await t.open();
      await c.calls('close', code, 'why');
    }
  },

  async 'takes codes as strings'(t) {
    const c = await t.open();
    await c.calls('close', '3000', 'why');
    const d = await t.open();
    await d.calls('close', '1000', 'why');
  },

  async 'writes reasons that are not strings as strings'(t) {
    for (const reason of [null, 17, true]) {
      const c = await t.open();
      await c.calls('close', 1000, reason);
    }
  },

  async 'ignores arguments behind the reason'(t) {
    const c = await t.open();
    await c.calls('close', 1000, 'why', 'and', 'why not');
  },

  async 'closes once however often it is told to'(t) {
    const c = await t.open();
    await c.calls('close', 3001, 'first');
    await c.calls('close', 3002, 'second');
    await c.calls('close');
    await c.peerSends(close(3001, 'first'));
    await c.calls('close', 3003, 'third');
  },

  async 'can be told to close from inside onclose'(t) {
    const c = await t.open({
      setup(ws, connection) {
        ws.onclose = () => {
          connection.call('close', 3000, 'again');
          connection.call('send', 'again');
          connection.call('end');
        };
      }
    });
    await c.peerSends(close(1000));
    c.state();
  },

  async 'can be told to close from inside onopen'(t) {
    const c = await t.open({ setup: (ws) => (ws.onopen = () => ws.close(3000, 'hello, goodbye')) });
    await c.peerSends(close(3000));
  },

  async 'can be told to close from inside onmessage, and drops the messages behind'(t) {
    const c = await t.open({ setup: (ws) => (ws.onmessage = () => ws.close()) });
    await c.peerSends(text('one'), text('two'), ping('three'));
    await c.peerSends(close(1000));
  },

  async 'can be told to close from inside onerror'(t) {
    const c = await t.open({ setup: (ws) => (ws.onerror = () => ws.close(3000, 'oh')) });
    await c.peerSends(text('x', { rsv: 1 }));
  },

  async 'drops messages that arrive while it is closing'(t) {
    const c = await t.open();
    await c.calls('close');
    await c.peerSends(text('too late'), text('too late'));
    await c.peerSends(close(1000));
  },

  async 'answers no ping while it is closing'(t) {
    const c = await t.open();
    await c.calls('close');
    await c.peerSends(ping('late'));
    await c.peerSends(pong('late'));
  },

  async 'sends what was sent before close, before the close frame'(t) {
    const c = await t.open();
    await t.step('the server sends and closes', () => {
      for (const word of ['one', 'two', 'three']) c.call('send', word);
      c.call('close');
      c.call('send', 'four');
    });
  },

  async 'loses nothing that was sent before a close in the same tick as the opening'(t) {
    await t.open({
      setup(ws) {
        ws.onopen = () => {
          for (let i = 0; i < 50; i++) ws.send(`message ${i}`);
          ws.close();
        };
      }
    });
  },

  async 'gives up on a silent peer after 30 seconds'(t) {
    const c = await t.open();
    await c.calls('close', 3005, 'bye');
    await t.tick(29999);
    c.state();
    await t.tick(1);
    c.state();
  },

  async 'does not give up a second time'(t) {
    const c = await t.open();
    await c.calls('close');
    await t.tick(30000);
    await t.tick(60000);
  },

  async 'keeps no timer after an answered close'(t) {
    const c = await t.open();
    await c.calls('close');
    t.value('timers', t.world.clock.pending());
    await c.peerSends(close(1000));
    t.value('timers', t.world.clock.pending());
  },

  async 'closes with 1006 when the peer ends its half'(t) {
    const c = await t.open();
    await c.peerEnds();
    c.state();
  },

  async 'closes with 1006 when the peer that keeps half open ends its half'(t) {
    const c = await t.open({ allowHalfOpen: true });
    await c.peerEnds();
    c.state();
  },

  async 'reports a reset as a network error'(t) {
    const c = await t.open();
    await c.peerResets();
    c.state();
  },

  async 'reports no reset once it is closing'(t) {
    const c = await t.open();
    await c.calls('close');
    await c.peerResets();
  },

  async 'closes with 1006 when the peer ends while it is closing'(t) {
    const c = await t.open();
    await c.calls('close', 3005);
    await c.peerEnds();
  },

  async 'delivers messages that come just before the end of the stream'(t) {
    const c = await t.open();
    await t.step('the peer sends and ends', () => {
      c.peer.write(text('last words'));
      c.peer.socket.end(text('really'));
    });
  },

  async 'closes properly for a close frame just before the end of the stream'(t) {
    const c = await t.open();
    await t.step('the peer sends and ends', () => c.peer.socket.end(close(3000, 'bye')));
  },

  async 'forgets half a message when the stream ends'(t) {
    const c = await t.open();
    const bytes = text('never finished');
    await t.step('the peer sends and ends', () => c.peer.socket.end(bytes.subarray(0, 9)));
  },

  async 'forgets an unfinished fragmented message when the stream ends'(t) {
    const c = await t.open();
    await t.step('the peer sends and ends', () => c.peer.socket.end(text('never', { fin: false })));
  },

  async 'closes with 1006 when the owner destroys the stream'(t) {
    const c = await t.open();
    await t.step('the owner destroys the stream', () => c.socket.destroy());
    c.state();
  },

  async 'reports the error that the owner destroys the stream with'(t) {
    const c = await t.open();
    await t.step('the owner destroys the stream', () => c.socket.destroy(new Error('enough')));
  },

  async 'closes when the owner ends the stream and the peer follows'(t) {
    const c = await t.open();
    await t.step('the owner ends the stream', () => c.socket.end());
    c.state();
  },

  async 'keeps reading while only the owner has ended the stream'(t) {
    const c = await t.open({ allowHalfOpen: true });
    await t.step('the owner ends the stream', () => c.socket.end());
    c.state();
    await c.peerSends(text('still heard'));
    await c.peerEnds();
  },

  async 'closes when the owner destroys the stream inside a handler'(t) {
    const c = await t.open({ setup: (ws, connection) => (ws.onmessage = () => connection.socket.destroy()) });
    await c.peerSends(text('one'), text('two'));
  },

  async 'closes when an error is emitted on the stream'(t) {
    const c = await t.open();
    await t.step('an error', () => c.socket.emit('error', new Error('made up')));
    c.state();
  },

  async 'closes when an end is emitted on the stream'(t) {
    const c = await t.open();
    await t.step('an end', () => c.socket.emit('end'));
    c.state();
  },

  async 'hears the answer to its close although it is paused'(t) {
    const c = await t.open();
    c.call('pause');
    await c.peerSends(text('one'));
    await c.peerSends(text('two'));
    c.call('close', 3000, 'why');
    await c.peerSends(text('three'));
    await c.peerSends(close(3000, 'why'));
    c.state();
  },

  async 'sends false and silence after the close'(t) {
    const c = await t.open();
    await c.peerSends(close(1000));
    c.call('send', 'x');
    c.call('write', 'x');
    c.call('ping', 'x');
    c.call('end', 'x');
    c.call('pause');
    c.call('resume');
    c.call('close');
    c.call('close', 3000, 'x');
    await t.settle();
  }
};

/** One script for each kind of close code that a peer may send (RFC 6455 section 7.4). */
const codes = [
  0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
  1016, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535
];
for (const code of codes) {
  scripts[`receives close code ${code}`] = async (t) => {
    const c = await t.open();
    await c.peerSends(close(code, 'reason'));
    const d = await t.open();
    await d.peerSends(close(code));
  };
}

/** And for what a caller may ask for. */
scripts['throws for close codes that nobody may send'] = async (t) => {
  const c = await t.open();
  for (const code of [1, 999, 1002, 1005, 1006, 1015, 2999, 5000, -1, 1000.5, 3000.5, Infinity, '1001']) {
    c.call('close', code, 'why');
  }
  c.state();
  await t.settle();
};

scripts['meets codes with which a server may close'] = async (t) => {
  for (const code of [1001, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014]) {
    const c = await t.open();
    await c.calls('close', code, 'why');
  }
};

scripts['throws for a bad close code even when closed'] = async (t) => {
  const c = await t.open();
  await c.peerSends(close(1000));
  c.call('close', 1002);
};

scripts['meets close codes that are not numbers'] = async (t) => {
  for (const code of [NaN, {}, [], 'abc', true]) {
    const c = await t.open();
    await c.calls('close', code);
  }
};

module.exports = scripts;
