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

// Types

export import Member = topics.Member;
export import Data = topics.Data;
export import Options = topics.Options;
export import SubscribeOptions = topics.SubscribeOptions;
export import Subscribed = topics.Subscribed;
export import Message = topics.Message;
export import Metrics = topics.Metrics;
export import Gap = topics.Gap;
export import Slow = topics.Slow;
export import Events = topics.Events;
export import Adapter = topics.Adapter;
export import AdapterEvents = topics.AdapterEvents;
export import Page = topics.Page;
export import RedisClient = topics.RedisClient;
export import RedisOptions = topics.RedisOptions;
export import RedisStreamsOptions = topics.RedisStreamsOptions;
export import NatsConnection = topics.NatsConnection;
export import NatsOptions = topics.NatsOptions;
export import JetStreamOptions = topics.JetStreamOptions;
export import Keeping = topics.Keeping;
