// The driver, as code written for websocket-driver uses it.

import driver = require('faye-websocket/driver');

const server = driver.http({ method: 'GET', url: '/', headers: {} }, { protocols: ['a'], maxLength: 1 });
const started: boolean = server.start();
server.text('a');
server.binary(Buffer.from('b'));
server.ping('c', () => {});
server.close('bye', 3000);
server.io.write(Buffer.from('d'));
server.messages.on('data', (message: string | Buffer) => void message);
process.stdin.pipe(server.io).pipe(process.stdout);

const client: driver.ClientDriver = driver.client('ws://localhost/');
const proxy = client.proxy('http://localhost:3128');
proxy.setHeader('User-Agent', 'a');
proxy.start();
const status: number | undefined = client.statusCode;

const reading = driver.server({ allowDrafts: true });
reading.on('connect', () => driver.isWebSocket({ method: reading.method, headers: reading.headers ?? {} }));

// @ts-expect-error there is no such option
driver.client('ws://localhost/', { foo: 1 });
// @ts-expect-error a text is a string
server.text(12);

void started;
void status;
