'use strict';

/** An HTTP proxy that knows CONNECT and nothing else. */

const net = require('node:net');

const { listen } = require('./raw_server');

/**
 * Starts a proxy on a free port. Whatever host it is asked for, it connects to the loopback interface.
 *
 * @param {import('node:test').TestContext} t ends the proxy with the test
 * @param {{certificate?: object, behind?: string|Buffer, lead?: function(number): number}} [settings] `behind` is sent
 *   in the packet of its answer, in the place of a tunnel; `lead` turns the port that it is asked for into another
 * @returns {Promise<{origin: string, requests: string[], tunnels: Set, port: number}>}
 */
async function startProxy(t, { certificate, behind, lead = (port) => port } = {}) {
  const requests = [];
  const tunnels = new Set();
  const serve = async (peer) => {
    const head = await peer.head();
    requests.push(head);
    if (behind !== undefined) return peer.send('HTTP/1.1 200 OK\r\n\r\n', behind);
    const [, port] = /^CONNECT \S+:(\d+) HTTP/.exec(head);
    const outward = net.connect(lead(Number(port)), '127.0.0.1');
    const end = () => {
      outward.destroy();
      peer.socket.destroy();
      tunnels.delete(outward);
    };
    for (const socket of [outward, peer.socket]) {
      socket.on('error', end);
      socket.on('close', end);
    }
    outward.once('connect', () => {
      tunnels.add(outward);
      peer.send('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n');
      peer.socket.removeAllListeners('data');
      peer.socket.pipe(outward);
      outward.pipe(peer.socket);
    });
  };
  const { port } = await listen(t, (peer) => serve(peer).catch(() => {}), { certificate });
  return { origin: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`, port, requests, tunnels };
}

module.exports = { startProxy };
