'use strict';

/**
 * Other implementations of permessage-deflate that echo, for `deflate.js`. Each peer has `serve`, which resolves with the
 * URL of its server, and `connect`, which sends its client to a URL of ours; Chromium has the latter only. `stop` ends it.
 * `missing` says why a peer cannot be had here.
 */

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const path = require('node:path');

const Reference = require('faye-websocket-reference');
const permessageDeflate = require('permessage-deflate');
const Ws = require('ws');

const { ARGS, executablePath, skip } = require('../testing/chromium');

const ECHO = path.join(__dirname, 'deflate_echo.py');
/** With the place where `.ci/run` installs packages of Python. */
const PYTHON_PATH = [path.join(__dirname, '..', 'target', 'python'), process.env.PYTHONPATH];
const PYTHON_ENV = { ...process.env, PYTHONPATH: PYTHON_PATH.filter(Boolean).join(path.delimiter) };

/** The reference with npm's permessage-deflate. */
class ReferencePeer {
  async serve() {
    this.server = http.createServer();
    this.server.on('upgrade', (request, socket, head) => {
      echoed(new Reference(request, socket, head, [], { extensions: [permessageDeflate] }));
    });
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `ws://127.0.0.1:${this.server.address().port}/`;
  }

  connect(url) {
    echoed(new Reference.Client(url, [], { extensions: [permessageDeflate] }));
  }

  stop() {
    if (this.server) this.server.close();
  }
}

function echoed(ws) {
  ws.onmessage = ({ data }) => ws.send(data);
}

/** The package ws. */
class WsPeer {
  async serve() {
    this.server = new Ws.Server({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } });
    this.server.on('connection', echoedWs);
    await once(this.server, 'listening');
    return `ws://127.0.0.1:${this.server.address().port}/`;
  }

  connect(url) {
    echoedWs(new Ws(url, { perMessageDeflate: { threshold: 0 } }));
  }

  stop() {
    if (this.server) this.server.close();
  }
}

function echoedWs(ws) {
  ws.on('message', (data, binary) => ws.send(binary ? data : data.toString(), { binary }));
}

/** The package websockets of Python, in processes of its own. */
class PythonPeer {
  static get missing() {
    const { status } = spawnSync('python3', ['-c', 'import websockets.asyncio.server'], { env: PYTHON_ENV });
    return status === 0 ? false : 'python3 with the package websockets is not installed';
  }

  constructor() {
    this.children = [];
  }

  start(...words) {
    const stdio = ['ignore', 'pipe', 'inherit'];
    const child = spawn('python3', [ECHO, ...words], { env: PYTHON_ENV, stdio });
    this.children.push(child);
    return child;
  }

  async serve() {
    const [port] = await once(this.start('serve').stdout, 'data');
    return `ws://127.0.0.1:${Number(port)}/`;
  }

  connect(url) {
    this.start('connect', url);
  }

  stop() {
    for (const child of this.children) child.kill();
  }
}

/** A page of Chromium. */
class ChromiumPeer {
  static get missing() {
    return skip;
  }

  async connect(url) {
    if (!this.browser) {
      const { chromium } = require('playwright-core');
      this.browser = await chromium.launch({ executablePath, args: ARGS });
      this.page = await this.browser.newPage();
    }
    await this.page.evaluate((address) => {
      const ws = new WebSocket(address);
      ws.binaryType = 'arraybuffer';
      ws.onmessage = ({ data }) => ws.send(data);
    }, url);
  }

  async stop() {
    if (this.browser) await this.browser.close();
  }
}

module.exports = { ws: WsPeer, reference: ReferencePeer, websockets: PythonPeer, chromium: ChromiumPeer };
