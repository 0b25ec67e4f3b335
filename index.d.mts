import WebSocket from './index.js';

export default WebSocket;
export { WebSocket };
export import Client = WebSocket.Client;
export import EventSource = WebSocket.EventSource;
export declare const isWebSocket: typeof WebSocket.isWebSocket;
export declare const validateOptions: typeof WebSocket.validateOptions;
export declare const deflate: typeof WebSocket.deflate;
export declare const engine: typeof WebSocket.engine;
export declare const memoryUsage: typeof WebSocket.memoryUsage;
export declare const metrics: typeof WebSocket.metrics;
export declare const reject: typeof WebSocket.reject;
export declare const shutdown: typeof WebSocket.shutdown;
export declare const toStreams: typeof WebSocket.toStreams;
