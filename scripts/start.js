'use strict';

/**
 * `npm start`: installs and builds what is missing, serves the page of examples/chat on localhost,
 * and makes one round trip as a client. `PORT` chooses the port; otherwise it is a free one. With
 * `--once` it ends after the round trip.
 */

const { prepare } = require('./prepare');

/** Prepares, serves, and tries it out. */
async function main(once) {
  await prepare();
  const WebSocket = require('..');
  const server = await listen(require('../examples/chat/server').createServer());
  const { port } = server.address();
  console.log(`\nChat, echo and feed: http://localhost:${port}/`);

  try {
    console.log(await roundTrip(WebSocket, `ws://127.0.0.1:${port}/echo`));
  } catch (error) {
    server.close();
    throw error;
  }
  if (once) return server.close();
  console.log('Press Ctrl+C to stop.');
}

/** Lets the server listen on PORT, or on a free port. */
function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(process.env.PORT) || 0, '127.0.0.1', () => resolve(server));
  });
}

/** Sends a message, awaits its echo, and says how that went. */
function roundTrip(WebSocket, url) {
  return new Promise((resolve, reject) => {
    const client = new WebSocket.Client(url);
    let begun, result, fault;
    client.addEventListener('open', () => {
      begun = process.hrtime.bigint();
      client.send('Hello, world!');
    });
    client.addEventListener('message', ({ data }) => {
      const elapsed = Number(process.hrtime.bigint() - begun) / 1e6;
      result = `One round trip as a client: "${data}" came back in ${elapsed.toFixed(2)} ms.`;
      client.close();
    });
    client.addEventListener('error', ({ message }) => (fault = message));
    client.addEventListener('close', ({ code }) => {
      if (result) resolve(result);
      else reject(new Error(fault || `the connection was closed with code ${code}`));
    });
  });
}

main(process.argv.includes('--once')).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
