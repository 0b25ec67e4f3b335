'use strict';

// The examples, run as their readers would run them.

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const path = require('node:path');
const { describe, test } = require('node:test');

const { WebSocket: Peer } = require('ws');

const EXAMPLES = path.join(__dirname, '..', 'examples');
const NODE_VERSION = parseInt(process.versions.node, 10);

/** Starts an example; ends it with the test. */
function start(t, file, env = {}) {
  const child = spawn(process.execPath, [path.join(EXAMPLES, file)], {
    env: { ...process.env, PORT: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  });
  t.after(() => child.kill());
  const run = { child, output: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (run.output += text));
  }
  return run;
}

/** Runs an example to its end; resolves to the lines it printed. */
async function finish(t, file) {
  const run = start(t, file);
  const [code] = await once(run.child, 'close');
  assert.strictEqual(code, 0, run.output);
  return run.output.trim().split('\n');
}

/** Starts a server; resolves to its URL once that is printed. */
function serve(t, file, env) {
  return new Promise((resolve, reject) => {
    const run = start(t, file, env);
    run.child.stdout.on('data', () => {
      const url = /(ws|http):\/\/[\d.]+:\d+\/?/.exec(run.output);
      if (url) resolve(url[0].replace(/\/$/, ''));
    });
    run.child.on('close', () => reject(new Error(run.output)));
  });
}

/** Sends one message over a WebSocket; resolves to the answer. */
async function ask(url, message) {
  const ws = new Peer(url);
  await once(ws, 'open');
  ws.send(message);
  const [answer] = await once(ws, 'message');
  ws.close();
  await once(ws, 'close');
  return String(answer);
}

/** Gets a feed; resolves to its first event. */
async function firstEvent(url) {
  const request = http.get(url, { headers: { Accept: 'text/event-stream' } });
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    const event = /^data: (.*)\r\n\r\n/m.exec(text);
    if (event) return event[1];
  }
  throw new Error(`the feed ended after ${JSON.stringify(text)}`);
}

describe('examples', { timeout: 120000 }, () => {
  test('echo.js echoes', async (t) => {
    assert.strictEqual(await ask(await serve(t, 'echo.js'), 'Hello'), 'Hello');
  });

  test('proxy_client.js goes through with the right password only', async (t) => {
    const [tunnel, answer, refusal, ...more] = await finish(t, 'proxy_client.js');

    assert.strictEqual(tunnel, 'the proxy opens a tunnel to 127.0.0.1');
    assert.strictEqual(answer, 'HELLO THROUGH THE TUNNEL');
    assert.match(refusal, /^Can't establish a connection to the server at ws:/);
    assert.deepStrictEqual(more, []);
  });

  test('eventsource.js misses no event', async (t) => {
    const lines = await finish(t, 'eventsource.js');

    assert.deepStrictEqual(
      lines.filter((line) => line.startsWith('event')),
      ['event 1: one', 'event 2: two', 'event 3: three', 'event 4: four', 'event 5: five']
    );
  });

  for (const [file, oldest] of [
    ['express.js', 18],
    ['fastify.js', 20]
  ]) {
    const skip = NODE_VERSION < oldest && `it needs Node.js ${oldest}`;
    test(`${file} has routes, a feed and an echo`, { skip }, async (t) => {
      const url = await serve(t, file);

      assert.strictEqual(await ask(url.replace('http', 'ws') + '/echo', 'Hello'), 'Hello');
      assert.match(await firstEvent(url + '/feed'), /^Hello from (Express|Fastify)$/);
      const [response] = await once(http.get(url), 'response');
      response.resume();
      assert.strictEqual(response.statusCode, 200);
      const [refusal] = await once(new Peer(url.replace('http', 'ws') + '/other'), 'error');
      assert.match(refusal.message, /404/);
    });
  }

  test('topics.js carries what is said in a room to those in it', async (t) => {
    const url = await serve(t, 'topics.js');
    const feed = firstEvent(url.replace('ws', 'http') + '/cats');
    const [cat, dog] = [new Peer(url + '/cats'), new Peer(url + '/dogs')];
    await Promise.all([once(cat, 'open'), once(dog, 'open')]);
    const [heardByCat, heardByDog] = [once(cat, 'message'), once(dog, 'message')];
    // The feed may come late; it gets one of them.
    const timer = setInterval(() => cat.send('Miaow'), 50);
    t.after(() => clearInterval(timer));
    dog.send('Woof');

    assert.strictEqual(String((await heardByCat)[0]), 'Miaow');
    assert.strictEqual(String((await heardByDog)[0]), 'Woof');
    assert.strictEqual(await feed, 'Miaow');
    for (const ws of [cat, dog]) ws.terminate();
  });

  test('cluster.js carries a message to the clients of every worker', async (t) => {
    const url = await serve(t, 'cluster.js', { WORKERS: '2' });
    // Connections go to the workers in turn.
    const clients = [new Peer(url), new Peer(url)];
    const greetings = await Promise.all(clients.map((ws) => once(ws, 'message')));
    const workers = new Set(greetings.map(([text]) => String(text).slice(-1)));
    const heard = Promise.all(clients.map((ws) => once(ws, 'message')));
    clients[0].send('Hello');

    assert.deepStrictEqual([...workers].sort(), ['1', '2']);
    for (const [text] of await heard) assert.match(String(text), /^worker [12] says: Hello$/);
    for (const ws of clients) ws.terminate();
  });

  const redis = spawnSync('redis-server', ['--version']).error ? 'there is no redis-server' : false;
  test('redis/run.js carries messages between two servers', { skip: redis }, async (t) => {
    const lines = await finish(t, 'redis/run.js');

    assert.deepStrictEqual(lines.filter((line) => line.includes('hears')).sort(), [
      'Anna hears: Hello from the first server',
      'Anna hears: Hello from the second server',
      'Bert hears: Hello from the first server',
      'Bert hears: Hello from the second server'
    ]);
  });
});
