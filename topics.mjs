/** Topics for ES modules. */

import topics from './topics.js';

export default topics;
export const { Topics, redis, redisStreams, nats, jetStream, local, subscribe, unsubscribe, publish, size } =
  topics;
