'use strict';

/**
 * A server by the API of faye-websocket, for the two packages that have it.
 */

const { MAX_LENGTH, createServer, listen } = require('./control');

/**
 * Serves echoes, or sends to all by a loop of `send`, or with `--broadcast` in one call: what came, or as a line of a chat.
 * @param {Function} WebSocket the package's constructor
 * @param {{mode: string, secure: object|null}} settings of the process
 * @param {object} options the constructor's options
 */
function serve(WebSocket, { mode, secure, flags }, options) {
  const all = new Set();
  const server = createServer(secure);
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, [], Object.assign({ maxLength: MAX_LENGTH }, options));
    if (mode === 'chat') {
      const name = `user ${all.size}`;
      all.add(ws);
      ws.on('close', () => all.delete(ws));
      ws.on('message', (event) => {
        const line = `${name}: ${event.data}`;
        for (const each of all) each.send(line);
      });
    } else if (mode === 'broadcast') {
      all.add(ws);
      ws.on('close', () => all.delete(ws));
      ws.on('message', (event) => {
        if (flags.has('broadcast')) WebSocket.broadcast(all, event.data);
        else for (const each of all) each.send(event.data);
      });
    } else {
      ws.on('message', (event) => ws.send(event.data));
    }
  });
  listen(server);
}

module.exports = { serve };
