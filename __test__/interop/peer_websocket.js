'use strict';

// The peer of `conversation.js` made of the npm package websocket.

const http = require('node:http');
const { client: Client, server: Server } = require('websocket');

const { MESSAGES } = require('./conversation');

const LIMITS = { maxReceivedFrameSize: 32 << 20, maxReceivedMessageSize: 32 << 20 };

function serve() {
  const httpServer = http.createServer();
  const server = new Server({ httpServer, autoAcceptConnections: true, ...LIMITS });
  server.on('connect', (connection) => {
    connection.on('message', ({ type, utf8Data, binaryData }) => {
      if (type === 'binary') return connection.sendBytes(binaryData);
      const [word, code, reason] = utf8Data.length > 100 ? [] : utf8Data.split(' ');
      if (word === 'close') connection.close(Number(code), reason);
      else connection.sendUTF(utf8Data);
    });
    connection.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
  });
  httpServer.listen(0, '127.0.0.1', () => console.log(httpServer.address().port));
}

async function connect(url) {
  const connection = await open(url);
  for (const [name, message] of Object.entries(MESSAGES)) {
    connection.send(message);
    const { utf8Data, binaryData } = await new Promise((resolve) => connection.once('message', resolve));
    const same = Buffer.isBuffer(message) ? message.equals(binaryData) : message === utf8Data;
    if (same) console.log(`echoed ${name}`);
  }
  connection.ping('p');
  console.log(`pong ${await new Promise((resolve) => connection.once('pong', resolve))}`);
  connection.send('close 3001 bye');
  await closed(connection);
  const second = await open(url);
  second.close(3002, 'own');
  await closed(second);
}

function open(url) {
  const client = new Client(LIMITS);
  client.connect(url);
  return new Promise((resolve, reject) => client.once('connect', resolve).once('connectFailed', reject));
}

function closed(connection) {
  return new Promise((resolve) => {
    connection.once('close', (code, reason) => resolve(console.log(`closed ${code} ${reason}`)));
  });
}

const [role, url] = process.argv.slice(2);
if (role === 'serve') serve();
else connect(url);
