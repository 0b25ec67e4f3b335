'use strict';

/** Faults in clients, proxies, TLS, extensions, and in EventSource. */

const { fault } = require('./edit');

const CLIENT = 'lib/faye/websocket/client.js';
const ADDRESS = 'lib/address.js';
const PROXY = 'lib/proxy.js';
const PLUGINS = 'lib/plugins.js';
const EXTENSIONS = 'lib/extensions.js';
const DEFLATE = 'lib/deflate.js';
const SESSION = 'lib/deflate_session.js';
const DEFLATING = 'lib/deflating.js';
const OFFLOAD = 'lib/offload.js';
const EVENT_SOURCE = 'lib/faye/eventsource.js';

module.exports = [
  fault(
    'certificates are not verified',
    ['parity: client-tls: refuses', 'client_failures'],
    [
      CLIENT,
      'const options = { ...own, host: hostname, port };',
      'const options = { ...own, host: hostname, port, rejectUnauthorized: false };'
    ]
  ),
  fault(
    'the certificate behind a proxy is checked for the name of the proxy',
    ['client_proxy'],
    [
      CLIENT,
      'tls.connect({ ...serverTLS, socket: outer })',
      "tls.connect({ ...serverTLS, host: 'localhost', servername: 'localhost', socket: outer })"
    ]
  ),
  fault(
    'the server is not told its name',
    ['client_proxy'],
    [CLIENT, 'if (!options.servername && !net.isIP(hostname)) options.servername = hostname;', '']
  ),
  fault(
    'the option ca is ignored',
    ['parity: authority is in ca'],
    [CLIENT, 'if (!options.ca) options.ca = ca;', '']
  ),
  fault(
    'the option proxy is ignored',
    ['client_proxy'],
    [
      CLIENT,
      'options.proxy && options.proxy.origin ? proxyAddress(String(options.proxy.origin)) : null;',
      'null;'
    ]
  ),
  fault(
    'credentials of the URL are not sent',
    ['client_arguments'],
    [CLIENT, '    server.username,\n    server.password,\n', '    undefined,\n    undefined,\n']
  ),
  fault(
    'credentials for the proxy are not sent',
    ['client_readme'],
    [CLIENT, 'proxy.username, proxy.password]', 'undefined, undefined]']
  ),
  fault(
    'headers for the proxy are not sent',
    ['client_readme'],
    [CLIENT, 'headerList(options.proxy.headers),', 'undefined,']
  ),
  fault(
    'what came with the answer of a proxy is lost',
    ['client_proxy', 'parity: client-proxy'],
    [CLIENT, 'if (rest.length > 0) this._receive(rest);', ''],
    [CLIENT, 'if (rest.length > 0) outer.unshift(rest);', '']
  ),
  fault(
    'a refused proxy is followed by no close',
    ['parity: client-proxy: is refused'],
    [CLIENT, 'this._lose(this._unreachable(), detail);', 'this._emitError(this._unreachable(), detail);']
  ),
  fault(
    'a proxy is heard on when its tunnel is open',
    ['client_proxy', 'parity: through an http proxy: echoes'],
    [PROXY, "    stream.removeListener('data', receive);\n", '']
  ),
  fault(
    'a proxy that ends without an answer is waited for',
    ['parity: client-proxy: closes when the proxy ends'],
    [PROXY, 'const gone = ws._endWith(stream);', 'const gone = () => {};']
  ),
  fault(
    'options of the caller are written to',
    ['client_arguments'],
    [
      CLIENT,
      'const options = { ...own, host: hostname, port };',
      'const options = Object.assign(own || {}, { host: hostname, port });'
    ]
  ),
  fault(
    'options of net do not reach the socket',
    ['client_arguments'],
    [
      CLIENT,
      'net.connect({ ...own, host: address.hostname, port: address.port })',
      'net.connect({ host: address.hostname, port: address.port })'
    ]
  ),
  fault(
    'a client whose socket cannot be made keeps its slot',
    ['client_arguments'],
    [CLIENT, '    native.release(slot);\n    throw error;', '    throw error;']
  ),
  fault(
    'handshakeTimeout is ignored',
    ['client_failures'],
    [CLIENT, 'if (timeout) this._opening.timer', 'if (timeout < 0) this._opening.timer']
  ),
  fault(
    'handshakeTimeout ends an open connection',
    ['client_failures'],
    [CLIENT, 'if (this._opening !== null) clearTimeout(this._opening.timer);', '']
  ),
  fault(
    'a signal is held when the connection is over',
    ['client_failures'],
    [CLIENT, 'if (this._unwatch !== null) this._unwatch();', '']
  ),
  fault(
    'a signal that is aborted already is not seen',
    ['client_failures'],
    [CLIENT, 'if (signal.aborted) process.nextTick(listener);\n  else signal', 'signal']
  ),
  fault(
    'a refused handshake closes with 1006',
    ['parity: client-answer: refuses'],
    [CLIENT, 'this._fail(text, detail, 1002, text);\n  }\n};', "this._fail(text, detail, 1006, '');\n  }\n};"]
  ),
  fault(
    'a client has no headers',
    ['parity: client-answer: joins repeated headers'],
    [CLIENT, 'this.headers = Object.fromEntries(entries);', 'this.headers = {};']
  ),
  fault(
    'a header called __proto__ is one',
    ['client_handshake'],
    [
      CLIENT,
      'this.headers = Object.fromEntries(entries);',
      'this.headers = {};\n  for (const [name, value] of entries) this.headers[name] = value;'
    ]
  ),
  fault(
    'credentials stand in messages',
    ['client_failures'],
    [ADDRESS, "  if (!url.includes('@')) return url;\n", '  if (url.length > 0) return url;\n']
  ),
  fault(
    'the port of a scheme stands in Host',
    ['parity: client-request', 'client_proxy'],
    [ADDRESS, '    host,\n    authority', '    host: `${hostname}:${port}`,\n    authority']
  ),
  fault(
    'an extension that the server did not agree to is used',
    ['parity: client-extensions: turns messages'],
    [CLIENT, "coding.activate(this.headers['sec-websocket-extensions']);", 'void coding;']
  ),
  fault(
    'plugins get messages without their RSV bits',
    ['parity: server-extensions: tells'],
    [PLUGINS, 'const message = { rsv1: (rsv & 4) !== 0,', 'const message = { rsv1: (rsv & 0) !== 0,']
  ),
  fault(
    'an error of a plugin is ignored',
    ['parity: server-extensions'],
    [PLUGINS, 'this._ws._receiveViolation(code, String(error.message));', 'void code;']
  ),
  fault(
    'plugins are not told of the end',
    ['extensions_plugins'],
    [PLUGINS, 'if (!this._closed) this.close(() => {});', '']
  ),
  fault(
    'text out of a plugin is not checked',
    ['parity: server-plugins: reads text'],
    [PLUGINS, 'if (text === undefined) ws._receiveViolation', 'if (text === null) ws._receiveViolation']
  ),
  fault(
    'an empty list of extensions is negotiated',
    ['extensions_native'],
    [EXTENSIONS, '  if (list.length === 0) return null;\n', '']
  ),
  fault(
    'deflate: js is ignored',
    ['deflate_interop', 'parity: extensions'],
    [EXTENSIONS, "return choice === 'native';", 'return true;']
  ),
  fault(
    'threshold is ignored',
    ['deflate_settings'],
    [
      DEFLATE,
      "return typeof value === 'number' ? value : Infinity;",
      "if (key === 'threshold') return NaN;\n    return typeof value === 'number' ? value : Infinity;"
    ]
  ),
  fault(
    'large compressed messages overtake each other',
    ['extensions_large'],
    [
      DEFLATING,
      'if (this._isBusy() || this._queue.length > 0) {\n      const bytes',
      'if (this._queue.length > 0) {\n      const bytes'
    ]
  ),
  fault(
    'the close frame overtakes messages that are compressed',
    ['extensions_large'],
    [
      DEFLATING,
      'if (this._isBusy() || this._queue.length > 0) this._queue.push(callback);\n    else callback();',
      'callback();'
    ]
  ),
  fault(
    'drain does not follow messages that were compressed elsewhere',
    ['extensions_large'],
    [DEFLATING, "if (!this._ws._backedUp) this._ws.emit('drain');", '']
  ),
  fault(
    'a job whose end throws keeps the others from ending',
    ['extensions_large'],
    [
      OFFLOAD,
      '    try {\n      done(flat[i], flat[i + 1], flat[i + 2], flat[i + 3]);\n    } catch (error) {\n      surface(error);\n    }',
      '    done(flat[i], flat[i + 1], flat[i + 2], flat[i + 3]);'
    ]
  ),
  fault(
    'the codec of another host is not released',
    ['deflate_settings'],
    [SESSION, '    native.codecRelease(this._handle);\n    this._handle = -1;', '    this._handle = -1;']
  ),
  fault(
    'an EventSource never pings',
    ['eventsource'],
    [EVENT_SOURCE, 'setInterval(() => this.ping(),', 'setInterval(() => {},']
  ),
  fault(
    'an EventSource pings after its end',
    ['eventsource'],
    [EVENT_SOURCE, 'if (this._pingTimer) clearInterval(this._pingTimer);', '']
  ),
  fault(
    'a carriage return in a message ends a field',
    ['eventsource'],
    [EVENT_SOURCE, 'const LINE_BREAK = /\\r\\n|\\r|\\n/g;', 'const LINE_BREAK = /\\r\\n|\\n/g;']
  ),
  fault(
    'a line break in an id forges a field',
    ['eventsource_hostile'],
    [EVENT_SOURCE, 'if (LINE_BREAK_OR_NUL.test(line)) {', 'if (false) {']
  ),
  fault(
    'an EventSource does not see that its client has gone',
    ['eventsource_hostile'],
    [EVENT_SOURCE, 'for (const name in this._listeners) stream.on(name, this._listeners[name]);', '']
  ),
  fault(
    'an EventSource leaves its listeners on the socket',
    ['eventsource_hostile'],
    [
      EVENT_SOURCE,
      'for (const name in this._listeners) this._stream.removeListener(name, this._listeners[name]);',
      ''
    ]
  )
];
