'use strict';

// The peer of `conversation.js` made of the npm package ws.

const { WebSocket, WebSocketServer } = require('ws');

const { MESSAGES } = require('./conversation');

function serve() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () =>
    console.log(server.address().port)
  );
  server.on('connection', (ws) => {
    ws.on('message', (data, binary) => {
      const [word, code, reason] = binary || data.length > 100 ? [] : data.toString().split(' ');
      if (word === 'close') ws.close(Number(code), reason);
      else ws.send(data, { binary });
    });
    ws.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
  });
}

async function connect(url) {
  const ws = await open(url);
  for (const [name, message] of Object.entries(MESSAGES)) {
    ws.send(message);
    const [data, binary] = await new Promise((resolve) => ws.once('message', (...args) => resolve(args)));
    if (Buffer.from(message).equals(data) && binary === Buffer.isBuffer(message))
      console.log(`echoed ${name}`);
  }
  ws.ping('p');
  console.log(`pong ${await new Promise((resolve) => ws.once('pong', resolve))}`);
  ws.send('close 3001 bye');
  await closed(ws);
  const second = await open(url);
  second.close(3002, 'own');
  await closed(second);
}

function open(url) {
  const ws = new WebSocket(url);
  return new Promise((resolve, reject) => ws.once('open', () => resolve(ws)).once('error', reject));
}

function closed(ws) {
  return new Promise((resolve) => {
    ws.once('close', (code, reason) => resolve(console.log(`closed ${code} ${reason}`)));
  });
}

const [role, url] = process.argv.slice(2);
if (role === 'serve') serve();
else connect(url);
