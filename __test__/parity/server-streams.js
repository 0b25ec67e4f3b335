'use strict';

/** The WebSocket as a duplex stream, and the stream under it. */

const { PassThrough, Transform, Writable, pipeline } = require('stream');
const { text, binary, ping, close } = require('../../testing/wire');
const { MemoryStream } = require('../../testing/parity/memory_stream');

const MIB = 1048576;

/** A writable that keeps its callbacks until it is told to go on. */
function slowWriter() {
  const writer = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write(chunk, encoding, callback) {
      writer.got.push(chunk.toString());
      writer.finish = callback;
    }
  });
  writer.got = [];
  writer.goOn = () => {
    const { finish } = writer;
    writer.finish = null;
    if (finish) finish();
  };
  return writer;
}

module.exports = {
  async 'echoes when piped into itself'(t) {
    const c = await t.open({ setup: (ws) => ws.pipe(ws) });
    await c.peerSends(text('one'), binary('two'));
    await c.peerSends(text('three'));
    await c.peerSends(close(1000));
  },

  async 'writes messages into a stream that it is piped to, and ends it'(t) {
    const sink = new PassThrough();
    sink.on('data', (chunk) => t.value('the sink gets', chunk.toString()));
    sink.on('end', () => t.say('the sink ends'));
    const c = await t.open({ setup: (ws) => ws.pipe(sink) });
    await c.peerSends(text('one'), binary('two'));
    await c.peerSends(close(1000));
  },

  async 'sends what a stream that is piped into it brings, and closes at its end'(t) {
    const source = new PassThrough();
    const c = await t.open({ setup: (ws) => source.pipe(ws) });
    await t.step('the source writes', () => source.write('from the source'));
    await t.step('the source ends', () => source.end('last'));
    await c.peerSends(close(1000));
  },

  async 'sends what a pipeline brings, and closes at its end'(t) {
    const c = await t.open();
    const source = new PassThrough();
    await t.step('the pipeline is made', () => {
      pipeline(source, c.ws, (error) => t.value('the pipeline ends with', error && error.code));
    });
    await t.step('the source writes', () => source.write('from the source'));
    await t.step('the source ends', () => source.end('last'));
    await c.peerSends(close(1000));
  },

  async 'is both ends of a pipeline'(t) {
    const c = await t.open();
    c.ws.setMaxListeners(0);
    const transform = new Transform({ transform: (chunk, _, callback) => callback(null, `<${chunk}>`) });
    await t.step('the pipeline is made', () => {
      pipeline(c.ws, transform, c.ws, (error) => t.value('the pipeline ends with', error && error.code));
    });
    await c.peerSends(text('one'), text('two'));
    await c.peerSends(close(1000));
  },

  async 'closes when the source of a pipeline into it fails'(t) {
    const c = await t.open();
    const source = new PassThrough();
    await t.step('the pipeline is made', () => {
      pipeline(source, c.ws, (error) => t.value('the pipeline ends with', error && error.message));
    });
    await t.step('the source fails', () => source.destroy(new Error('no more')));
    await c.peerSends(close(1000));
  },

  async 'is held up by a slow stream that it is piped to'(t) {
    const writer = slowWriter();
    const c = await t.open({ setup: (ws) => ws.pipe(writer) });
    await c.peerSends(text('one'));
    for (const word of ['two', 'three']) {
      await c.peerSends(text(word));
      t.value('got', writer.got);
      await t.step('the writer goes on', () => writer.goOn());
      t.value('got', writer.got);
    }
    await t.step('the writer goes on', () => writer.goOn());
    await c.peerSends(text('four'));
    t.value('got', writer.got);
  },

  async 'delivers nothing more of later packets while it is paused'(t) {
    const c = await t.open();
    c.call('pause');
    await c.peerSends(text('one'));
    await c.peerSends(text('two'));
    await c.peerSends(text('three'));
    await c.calls('resume');
    await c.peerSends(text('four'));
  },

  async 'reads one packet more when it is paused, and no other when it is paused twice'(t) {
    const c = await t.open();
    await c.calls('pause');
    await c.peerSends(text('one'));
    await c.calls('pause');
    await c.peerSends(text('two'));
    await c.calls('resume');
  },

  async 'sees the end of the peer when it is paused, if nothing has come since'(t) {
    const c = await t.open();
    await c.calls('pause');
    await c.peerEnds();
    c.state();
  },

  async 'does not see the end of the peer when it is paused and something has come since'(t) {
    const c = await t.open();
    await c.calls('pause');
    await c.peerSends(text('one'));
    await c.peerEnds();
    c.state();
    await c.calls('resume');
    c.state();
  },

  async 'delivers the rest of a packet when it is paused in a handler'(t) {
    const c = await t.open({
      setup(ws) {
        ws.once('message', () => ws.pause());
      }
    });
    await c.peerSends(text('one'), text('two'), ping('p'));
    await c.peerSends(text('three'));
    await c.calls('resume');
  },

  async 'may be paused and resumed many times'(t) {
    const c = await t.open();
    for (let i = 0; i < 3; i++) {
      c.call('pause');
      c.call('pause');
      await c.peerSends(text(`round ${i}`));
      c.call('resume');
      c.call('resume');
      await t.settle();
    }
  },

  async 'resumes without having been paused'(t) {
    const c = await t.open();
    await c.calls('resume');
    await c.peerSends(text('x'));
  },

  async 'may be paused before it opens'(t) {
    const c = await t.open({ setup: (ws, connection) => connection.call('pause') });
    await c.peerSends(text('one'));
    await c.peerSends(text('two'));
    await c.calls('resume');
  },

  async 'sends while it is paused'(t) {
    const c = await t.open();
    c.call('pause');
    await c.calls('send', 'still speaking');
    await c.calls('ping', 'p');
  },

  async 'closes while it is paused, once it is resumed'(t) {
    const c = await t.open();
    c.call('pause');
    await c.peerSends(text('one'));
    await c.peerSends(close(1000));
    await c.calls('resume');
  },

  async 'closes when the owner destroys the stream while it is paused'(t) {
    const c = await t.open();
    c.call('pause');
    await c.peerSends(text('one'));
    await t.step('the owner destroys the stream', () => c.socket.destroy());
  },

  async 'pauses the stream when it is paused, so the peer is held up'(t) {
    const c = await t.open();
    c.call('pause');
    const message = binary(Buffer.alloc(MIB));
    for (let i = 0; i < 16; i++) c.peer.write(message);
    for (let i = 0; i < 50; i++) await t.world.quiet.turn();
    t.value('the peer is held up', c.peer.socket.writableLength > 0);
  },

  async 'returns false from send when the stream is backed up, and drains'(t) {
    const c = await t.open();
    c.peer.socket.pause();
    t.value('a small send', c.ws.send('x'));
    t.value('a large send', c.ws.send(Buffer.alloc(16 * MIB)));
    t.value('a send behind it', c.ws.send('y'));
    t.value('write', c.ws.write('z'));
    t.value('ping', c.ws.ping('p'));
    const before = c.peer.received;
    c.peer.socket.resume();
    await t.until(() => c.peer.received >= before + 16 * MIB + 22);
    t.value('a send after the drain', c.ws.send('x'));
    await t.settle();
  },

  async 'hears a peer that does not read what is sent to it'(t) {
    const c = await t.open();
    c.peer.socket.pause();
    t.value('send', c.ws.send(Buffer.alloc(16 * MIB)));
    await c.peerSends(text('one'));
    await c.peerSends(text('two'));
    await c.peerSends(text('three'));
    await t.step('the owner destroys the stream', () => c.socket.destroy());
  },

  async 'holds back the source of a pipe while it is backed up'(t) {
    const c = await t.open();
    const source = new PassThrough({ highWaterMark: 32 * MIB });
    c.peer.socket.pause();
    source.pipe(c.ws);
    await t.step('the source writes', () => source.write(Buffer.alloc(16 * MIB)));
    source.write('waits');
    for (let i = 0; i < 10; i++) await t.world.quiet.turn();
    t.value('waiting in the source', source.readableLength + source.writableLength);
    const before = c.peer.received;
    c.peer.socket.resume();
    await t.until(() => c.peer.received >= before + 16 * MIB + 17);
  },

  async 'delivers what was sent before close on a backed up stream'(t) {
    const c = await t.open();
    c.peer.socket.pause();
    c.ws.send(Buffer.alloc(16 * MIB));
    c.ws.send('last');
    c.ws.close();
    const before = c.peer.received;
    c.peer.socket.resume();
    await t.until(() => c.peer.received >= before + 16 * MIB + 20);
    await c.peerSends(close(1000));
  },

  async 'returns what send returns from write, and nothing from end'(t) {
    const c = await t.open();
    await c.calls('write', 'one');
    await c.calls('write', Buffer.from('two'));
    await c.calls('end');
    c.call('write', 'three');
  },

  async 'sends the argument of end before closing'(t) {
    for (const data of ['last', Buffer.from('last'), '', null, 0]) {
      const c = await t.open();
      await c.calls('end', data);
    }
  },

  async 'is a classic Stream and an EventEmitter'(t) {
    const c = await t.open();
    t.value('Stream', c.ws instanceof require('stream').Stream);
    t.value('Readable', c.ws instanceof require('stream').Readable);
    t.value('EventEmitter', c.ws instanceof require('events').EventEmitter);
  },

  async 'gives the stream its own settings at take-over'(t) {
    await t.open({
      accept(_, request, socket, head) {
        for (const method of ['setTimeout', 'setNoDelay', 'setKeepAlive']) {
          socket[method] = (...args) => t.say(`stream.${method}(${args.join(', ')})`);
        }
        return new t.WebSocket(request, socket, head);
      }
    });
  },

  async 'leaves the stream to its owner for addresses and timeouts'(t) {
    const c = await t.open();
    t.value('_stream', c.ws._stream === c.socket);
    t.value('remoteAddress', c.socket.remoteAddress);
    t.value('localPort', c.socket.localPort > 0);
    t.attempt('setKeepAlive', () => c.socket.setKeepAlive(true, 1000) === c.socket);
    t.attempt('setTimeout', () => c.socket.setTimeout(100000) === c.socket);
    await c.peerSends(text('x'));
  },

  async 'reads a stream that its owner has paused before'(t) {
    for (const stop of [
      (socket) => socket.pause(),
      (socket) => socket.on('data', () => {}).removeAllListeners('data'),
      (socket) => socket.pause().resume().pause()
    ]) {
      const c = await t.open({
        accept(connection, request, socket, head) {
          stop(socket);
          connection.late = () => connection.adopt(new t.WebSocket(request, socket, head));
          return null;
        }
      });
      await t.step('the server makes its WebSocket', () => c.late());
      await c.peerSends(text('later'));
      t.value('paused', c.socket.isPaused());
      await t.step('the owner pauses it again', () => c.socket.pause());
      await c.peerSends(text('much later'));
      await t.step('the owner resumes it', () => c.socket.resume());
      await c.peerSends(close(1000));
    }
  },

  async 'lets the owner write on the stream'(t) {
    const c = await t.open();
    await t.step('the owner writes a frame', () => c.socket.write(Buffer.from([0x81, 1, 0x61])));
    await c.calls('send', 'ours');
    await t.step('both write', () => {
      c.ws.send('one');
      c.socket.write(Buffer.from([0x81, 1, 0x62]));
    });
  },

  async 'works on a stream in memory'(t) {
    const stream = new MemoryStream(t);
    const request = {
      method: 'GET',
      url: '/',
      headers: { host: 'h', connection: 'upgrade', upgrade: 'websocket' }
    };
    request.headers['sec-websocket-key'] = 'dGhlIHNhbXBsZSBub25jZQ==';
    request.headers['sec-websocket-version'] = '13';
    const ws = new t.WebSocket(request, stream, Buffer.alloc(0));
    t.watch(ws, 'ws');
    ws.on('message', (event) => ws.send(event.data));
    await t.step('it opens');
    await t.step('bytes come', () => stream.push(text('hello')));
    await t.step('bytes come in two halves', () => {
      const bytes = binary('torn apart');
      stream.push(bytes.subarray(0, 3));
      stream.push(bytes.subarray(3));
    });
    await t.step('the end comes', () => stream.push(null));
  },

  async 'closes on a stream in memory that is destroyed'(t) {
    const stream = new MemoryStream(t);
    const headers = { host: 'h', connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    headers['sec-websocket-key'] = 'dGhlIHNhbXBsZSBub25jZQ==';
    const ws = new t.WebSocket({ method: 'GET', url: '/', headers }, stream, null);
    t.watch(ws, 'ws');
    await t.step('it opens');
    await t.step('a destroy with an error', () => stream.destroy(new Error('gone')));
  }
};
