// The driver, and the names of every entry's types, as ES modules have them.

import driver, { client, type Driver, type Options, type Proxy, type Request } from 'faye-websocket/driver';
import { broadcast, prepare } from 'faye-websocket';
import type { ClientOptions, Extension, ExtensionOptions, MessageEvent } from 'faye-websocket';
import deflate, { type Options as DeflateOptions } from 'faye-websocket/deflate';
import { local, type Adapter, type Message, type Options as TopicsOptions } from 'faye-websocket/topics';

const options: Options = { protocols: ['a'] };
const request: Request = { method: 'GET', url: '/', headers: {} };
const server: Driver = driver.http(request, options);
const tunnel: Proxy = client(new URL('ws://localhost/'), null).proxy('http://localhost:3128');
process.stdin.pipe(tunnel).pipe(process.stdout);
tunnel.pause();
server.ping(new Uint8Array(1), () => {});

const offers: Extension = {
  name: 'permessage-nothing',
  type: 'permessage',
  rsv1: false,
  rsv2: false,
  rsv3: false,
  createClientSession: (_options: ExtensionOptions) => null,
  createServerSession: (_offers, _options: ExtensionOptions) => null
};
const settings: DeflateOptions = { level: 9 };
const clientOptions: ClientOptions = { extensions: [offers, deflate.configure(settings)] };
const told = (event: MessageEvent<string>): number => broadcast([], prepare(event.data));
const format = ({ data }: Message): string | Buffer => data;
const topics = (adapter: Adapter): TopicsOptions => ({ adapter, format });

export { clientOptions, local, told, topics };
