// Named imports from CommonJS, by way of the namespace.

import * as WebSocket from 'faye-websocket';
import { Client, WebSocket as Server } from 'faye-websocket';

const make = (url: string): Client => new WebSocket.Client(url);
const echo = (ws: Server): Server => ws.on('message', (event) => ws.send(event.data));

export { echo, make };
