'use strict';

// The programs of README.md, as they stand; see `testing/documented.js`.

const assert = require('node:assert');
const { exec, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const { documented, get } = require('../testing/documented');

const document = fs.readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8');
/** Commands of the system that the document uses, which need not be there. */
const without = (...args) => spawnSync(...args).status !== 0 && `there is no ${args[0]}`;
const skipTLS =
  process.platform === 'win32' ? 'the commands are for a shell' : without('openssl', ['version']);
const skipCurl = process.platform === 'win32' || without('curl', ['--version']);

for (const flags of [[], ['--omit=optional']])
  describe(`README.md${flags.length > 0 ? ', without the binary' : ''}`, { timeout: 300000 }, () => {
    const { blocks, programs, fileOf, start, serve } = documented('README.md', [], flags);

    test('has no JavaScript that is not a whole program', () => {
      assert.strictEqual(programs.size, blocks);
      assert.deepStrictEqual([...programs.keys()], ['server.js', 'client.js', 'secure.js', 'clock.js']);
    });

    test('has a server that answers a GET, and echoes what its client sends', async () => {
      const server = await serve('server.js');
      assert.deepStrictEqual(await get(`http://localhost:${server.port}/`), [200, 'A WebSocket server\n']);

      const client = start('client.js', [`ws://localhost:${server.port}/`]);
      assert.strictEqual(await client.line(), 'Hello, world!');
      assert.strictEqual(await client.line(), 'close 1000 done');
      assert.strictEqual(await server.line(), 'close 1000 done');
      assert.deepStrictEqual(await once(client.child, 'exit'), [0, null]);
    });

    test('has a server over TLS that refuses some, and compresses for others', async () => {
      const server = await serve('secure.js');
      const origin = `localhost:${server.port}`;
      const trust = {
        NODE_EXTRA_CA_CERTS: fileOf('cert.pem'),
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_NO_WARNINGS: '1'
      };
      assert.deepStrictEqual(await get(`https://${origin}/`), [200, 'Over TLS\n']);

      const client = start('client.js', [`wss://${origin}/`], trust);
      assert.strictEqual(await client.line(), 'Hello, world!');

      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Extensions': 'permessage-deflate'
      };
      const options = { headers, rejectUnauthorized: false, agent: false };
      const refused = https.get(`https://${origin}/private`, options);
      const [response] = await once(refused, 'response');
      assert.strictEqual(response.statusCode, 401);
      refused.destroy();

      const accepted = https.get(`https://${origin}/`, options);
      const [{ headers: answer }, socket] = await once(accepted, 'upgrade');
      socket.destroy();
      assert.match(answer['sec-websocket-extensions'], /^permessage-deflate/);
    });

    test('has a certificate with which its client reaches its server', { skip: skipTLS }, async (t) => {
      const [, make, connect] = /^```sh\n(openssl .*)\n(NODE_EXTRA_CA_CERTS=.*)\n```$/m.exec(document);
      const cwd = path.dirname(fileOf('client.js'));
      const options = { cwd, encoding: 'utf8' };
      const kept = ['key.pem', 'cert.pem'].map((name) => [fileOf(name), fs.readFileSync(fileOf(name))]);
      t.after(() => kept.forEach(([file, bytes]) => fs.writeFileSync(file, bytes)));
      await promisify(exec)(make, options);
      const { port } = await serve('secure.js');
      const { stdout } = await promisify(exec)(connect.replace('8443', port), options);

      assert.strictEqual(stdout, 'Hello, world!\nclose 1000 done\n');
    });

    test('has a clock that ticks for an EventSource, and answers everybody else', async () => {
      const server = await serve('clock.js');
      const url = `http://localhost:${server.port}/`;
      assert.deepStrictEqual(await get(url), [200, 'Ask for text/event-stream\n']);

      const request = http.get(url, { headers: { Accept: 'text/event-stream' } });
      const [response] = await once(request, 'response');
      let text = '';
      for await (const chunk of response) {
        text += chunk;
        if (/\r\n\r\n$/.test(text) && text.includes('event: clock')) break;
      }
      request.destroy();
      if (!skipCurl) {
        const [, command] = /^```sh\n(curl .*)\n```$/m.exec(document);
        const curl = exec(command.replace('8001', server.port));
        let ticks = '';
        for await (const chunk of curl.stdout) if (/clock/.test((ticks += chunk))) break;
        curl.kill();
      }
      assert.match(text, /event: clock\r\ndata: \d{4}-\d\d-\d\dT/);
    });
  });
