/**
 * The ES module face: the constructor as the default export, and what it carries by name.
 */

import WebSocket from './index.js';

export default WebSocket;
export { WebSocket };
export const {
  Client,
  EventSource,
  broadcast,
  deflate,
  engine,
  isWebSocket,
  memoryUsage,
  metrics,
  prepare,
  reject,
  shutdown,
  toStreams,
  validateOptions
} = WebSocket;
