'use strict';

// A SockJS server and client in one process, for each way of carrying messages; prints what came of it.

const http = require('http');
const path = require('path');
const sockjs = require('sockjs');
const SockJS = require('sockjs-client');

/** The copy of faye-websocket that a package gets. */
const copyOf = (name) => require.resolve('faye-websocket', { paths: [path.dirname(require.resolve(name))] });

const echo = sockjs.createServer({ log: () => {} });
echo.on('connection', (connection) => connection.on('data', (data) => connection.write(data)));
const server = http.createServer();
echo.installHandlers(server, { prefix: '/echo' });

/** Sends and gets back three messages. */
function converse(transport) {
  return new Promise((resolve, reject) => {
    const client = new SockJS(`http://127.0.0.1:${server.address().port}/echo`, null, {
      transports: [transport]
    });
    const sent = ['text', 'Grüße, 世界', 'x'.repeat(100000)];
    const received = [];
    let chosen;
    client.onopen = () => {
      chosen = client.transport;
      sent.forEach((message) => client.send(message));
    };
    client.onmessage = ({ data }) => received.push(data) === sent.length && client.close();
    client.onclose = ({ code, reason }) => {
      if (received.join() === sent.join()) resolve(`${chosen}: 3 messages came back`);
      else reject(new Error(`${transport}: closed with ${code} ${reason} after ${received.length} messages`));
    };
  });
}

server.listen(0, '127.0.0.1', async () => {
  const package_ = require(path.join(path.dirname(copyOf('sockjs')), 'package.json'));
  console.log(
    `sockjs runs on ${package_.name}, sockjs-client on ${copyOf('sockjs') === copyOf('sockjs-client') ? 'the same' : 'another'}`
  );
  for (const transport of ['websocket', 'xhr-streaming', 'eventsource'])
    console.log(await converse(transport));
  server.close();
  process.exit();
});
