'use strict';

/** A driver (`faye-websocket-native/driver`) with a socket under it, as far as tests of threats see a WebSocket. */

const { EventEmitter } = require('node:events');

/**
 * @param {object} driver not started
 * @param {import('net').Socket} socket
 * @returns {EventEmitter} with `send`, `onmessage` and the events of a WebSocket
 */
function driven(driver, socket) {
  const ws = new EventEmitter();
  Object.assign(ws, {
    bufferedAmount: 0,
    onmessage: null,
    send: (data) => (typeof data === 'string' ? driver.text(data) : driver.binary(data))
  });
  let closed = false;
  const close = ({ code, reason }) => {
    if (closed) return;
    closed = true;
    ws.emit('close', { code, reason });
    socket.end();
  };
  driver.on('open', () => ws.emit('open'));
  driver.on('message', ({ data }) => {
    if (ws.onmessage) ws.onmessage({ data });
    ws.emit('message', { data });
  });
  driver.on('error', ({ message }) => ws.emit('error', { message }));
  driver.on('close', close);
  ws.on('error', () => {});
  socket.on('error', () => {});
  for (const event of ['end', 'close']) socket.on(event, () => close({ code: 1006, reason: '' }));
  socket.pipe(driver.io).pipe(socket);
  return ws;
}

module.exports = { driven };
