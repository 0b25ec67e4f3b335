import topics from './topics.js';

export default topics;
export import Topics = topics.Topics;
export declare const redis: typeof topics.redis;
export declare const redisStreams: typeof topics.redisStreams;
export declare const nats: typeof topics.nats;
export declare const jetStream: typeof topics.jetStream;
export declare const local: typeof topics.local;
export declare const subscribe: typeof topics.subscribe;
export declare const unsubscribe: typeof topics.unsubscribe;
export declare const publish: typeof topics.publish;
export declare const size: typeof topics.size;
