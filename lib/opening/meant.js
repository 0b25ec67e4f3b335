'use strict';

/** What somebody meant who wrote an option that there is not: one whose name is nearly the same, or that of another library. */

/** What to write for options of `ws`, of Node.js, and of the headers of a handshake. */
const ELSEWHERE = new Map([
  ['perMessageDeflate', 'extensions: [WebSocket.deflate]'],
  ['maxPayload', 'maxLength'],
  ['followRedirects', 'maxRedirects'],
  ['timeout', 'handshakeTimeout, in seconds'],
  ['compression', 'extensions: [WebSocket.deflate]'],
  ['permessageDeflate', 'extensions: [WebSocket.deflate]'],
  ['maxMessageSize', 'maxLength'],
  ['maxSize', 'maxLength'],
  ['backpressure', 'maxBufferedAmount'],
  ['maxBackpressure', 'maxBufferedAmount'],
  ['maxHttpBufferSize', 'maxLength'],
  ['connectTimeout', 'handshakeTimeout, in seconds'],
  ['heartbeat', 'ping, in seconds'],
  ['heartbeatInterval', 'ping, in seconds'],
  ['heartbeatTimeout', 'pongTimeout, in seconds'],
  ['pingInterval', 'ping, in seconds'],
  ['pingTimeout', 'pongTimeout, in seconds'],
  ['pingtimeout', 'pongTimeout, in seconds'],
  ['origin', "headers: { Origin: 'https://example.com' }"],
  ['auth', "headers: { Authorization: 'Basic …' }"],
  ['protocol', 'the subprotocols as the argument before the options'],
  ['protocols', 'the subprotocols as the argument before the options'],
  ['server_no_context_takeover', 'noContextTakeover'],
  ['client_no_context_takeover', 'requestNoContextTakeover'],
  ['serverNoContextTakeover', 'noContextTakeover'],
  ['clientNoContextTakeover', 'requestNoContextTakeover'],
  ['server_max_window_bits', 'maxWindowBits'],
  ['client_max_window_bits', 'requestMaxWindowBits'],
  ['serverMaxWindowBits', 'maxWindowBits'],
  ['clientMaxWindowBits', 'requestMaxWindowBits']
]);

/** What is no option here, but done otherwise: of the servers of `ws` and Socket.IO, and of a single message. */
const OTHERWISE = new Map([
  ['server', 'listen to the "upgrade" event of the HTTP server'],
  ['port', 'listen with an HTTP server, and to its "upgrade" event'],
  ['host', 'listen with an HTTP server, and to its "upgrade" event'],
  ['noServer', 'leave it out, that is how it always works'],
  ['clientTracking', 'keep a Set of your own'],
  ['path', 'compare request.url before you construct'],
  ['verifyClient', 'decide before you construct, and refuse with WebSocket.reject'],
  ['handleProtocols', 'write the subprotocols as the argument before the options'],
  ['cors', 'compare request.headers.origin before you construct'],
  ['binaryType', 'set the property ws.binaryType'],
  ['compress', 'write ws.send(data, { compress: false })'],
  ['threshold', 'write extensions: [WebSocket.deflate.configure({ threshold })]'],
  ['reconnect', "make another Client on 'close'"],
  ['reconnection', "make another Client on 'close'"]
]);

/** Options of `net.connect` that stand beside `net` and `tls` instead of in them. */
const NET = ['lookup', 'family', 'hints', 'localAddress', 'localPort', 'keepAlive', 'autoSelectFamily'];

/** Options of `tls.connect` that stand beside `tls` instead of in it. */
const TLS = ['rejectUnauthorized', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'checkServerIdentity'];

/**
 * What to write instead of an option.
 *
 * @param {string} name
 * @param {readonly string[]} options that there are
 * @returns {string} the end of a message; nothing if there is no guess
 */
function instead(name, options) {
  const elsewhere = ELSEWHERE.get(name);
  if (
    elsewhere !== undefined &&
    options.some((option) => elsewhere.startsWith(option) || elsewhere.startsWith('the '))
  )
    return `: write ${elsewhere}`;
  if (TLS.includes(name) && options.includes('tls')) return `: write tls: { ${name} }`;
  if (NET.includes(name) && options.includes('net'))
    return `: write net: { ${name} }, for wss: tls: { ${name} }`;
  const otherwise = OTHERWISE.get(name);
  if (otherwise !== undefined && options.includes('maxLength') && options.includes('ping'))
    return `: ${otherwise}`;
  const long = options.filter((option) => option.length > 2 && name.length > 2);
  const meant = long.find((option) => resembles(name.toLowerCase(), option.toLowerCase()));
  return meant === undefined ? '' : `: write ${meant}`;
}

/**
 * Whether somebody who wrote `name` may have meant `option`: it begins like it, or a letter is wrong, too many or missing.
 *
 * @param {string} name
 * @param {string} option
 * @returns {boolean}
 */
function resembles(name, option) {
  const stem = option.length > 4 ? option.slice(0, -1) : option;
  if (name.startsWith(stem) || (option.startsWith(name) && name.length > 2)) return true;
  let start = 0;
  while (start < name.length && name[start] === option[start]) start += 1;
  let end = 0;
  const most = Math.min(name.length, option.length) - start;
  while (end < most && name.at(-1 - end) === option.at(-1 - end)) end += 1;
  const [wrong, right] = [name.slice(start, name.length - end), option.slice(start, option.length - end)];
  const isSwapped = wrong.length === 2 && wrong[0] === right[1] && wrong[1] === right[0];
  return (wrong.length <= 1 && right.length <= 1) || (isSwapped && right.length === 2);
}

module.exports = { instead, resembles };
