'use strict';

/**
 * What publishes a message in a topic whose messages are kept: one script, so that the log and the subscribers see the
 * same order, and one number is taken once.
 *
 * KEYS: the log, a stream; and its register, a hash with the newest ID under '' and the last number of each publisher,
 * with the ID that its message got. A message in the log, and on its way to subscribers, tells the ID before it. Of a
 * publisher that the register does not know, the first number that it still has to send is the next. What the server
 * does not let it publish is not kept either.
 */

const { createHash } = require('crypto');

/** How much longer the register is kept than the log: from it a topic that was silent knows where it was. */
const REGISTER = 8;

const SCRIPT = `
local log, register = KEYS[1], KEYS[2]
local channel, publish, publisher, number, body = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local length, life, first = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])

local known = redis.call('HMGET', register, publisher, '')
if known[1] then
  local last, id = string.match(known[1], '^(%d+) (.*)$')
  last = tonumber(last)
  if number <= last then return {'known', number == last and id or ''} end
  if number > last + 1 then return {'behind', tostring(last)} end
elseif number > first then
  return {'behind', tostring(first - 1)}
end

local previous = known[2]
if not previous then
  local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)
  previous = newest[1] and newest[1][1] or '0-0'
end
if not known[1] and redis.call('HLEN', register) > 10000 then redis.call('DEL', register) end
local id = redis.call('XADD', log, 'MAXLEN', '~', length, '*', 'message', body, 'previous', previous)
redis.call('HSET', register, publisher, ARGV[4] .. ' ' .. id, '', id)
redis.call('PEXPIRE', log, life)
redis.call('PEXPIRE', register, life * ${REGISTER})
local receivers = redis.pcall(publish, channel, id .. ' ' .. previous .. '\\n' .. body)
if type(receivers) == 'table' and receivers.err then
  redis.call('XDEL', log, id)
  redis.call('HDEL', register, publisher)
  redis.call('HSET', register, '', previous)
  if known[1] then redis.call('HSET', register, publisher, known[1]) end
  return receivers
end
return {'taken', id}
`;

const SHA = createHash('sha1').update(SCRIPT).digest('hex');

module.exports = { SCRIPT, SHA };
