'use strict';

/** Arguments of a client in the wrong place or under another name, and what looks like one and is none. */

/** A script that makes a client and looks at its request, if there is one. */
const asks = (how) => async (t) => {
  await t.connect(how);
};

/** The same where the arguments may be refused: then nothing is sent. */
const meets =
  (...cases) =>
  async (t) => {
    for (const [protocols, options] of cases) {
      t.attempt(`new Client(url, ${t.format(protocols)}, ${t.format(options)})`, () => {
        const ws = new t.Client('ws://127.0.0.1:1/', protocols, options);
        ws.on('error', () => {});
        ws._stream.on('error', () => {});
        ws._stream.destroy();
      });
    }
    await t.settle();
  };

module.exports = {
  'offers nothing for an empty object': asks({ protocols: {} }),
  'offers nothing for an object with other names': asks({ protocols: { name: 'chat' } }),
  'offers nothing for an empty string': asks({ protocols: '' }),
  'takes protocols of a string in an object': asks({ protocols: new String('b, a') }),
  'takes an empty proxy for none': asks({ options: { proxy: {} } }),
  'takes a proxy with an empty origin for none': asks({ options: { proxy: { origin: '' } } }),
  'takes an empty string for no proxy': asks({ options: { proxy: '' } }),
  'takes a ping in a string': asks({ options: { ping: '30' } }),
  'takes a maxLength in a string': asks({ options: { maxLength: '30' } }),
  'takes an infinite maxLength': asks({ options: { maxLength: Infinity } }),
  'takes what is nothing for no options': asks({ make: (c) => new c.context.Client(c.url(), null, null) }),

  'meets options where the protocols belong': meets(
    [{ headers: {} }],
    [{ ping: 1 }, {}],
    [{ tls: {}, other: 1 }, null]
  ),
  'meets a proxy under another name than origin': meets(
    [[], { proxy: { url: 'http://127.0.0.1:1' } }],
    [[], { proxy: { host: '127.0.0.1', port: 1 } }]
  ),
  'meets pings that are no numbers': meets(
    [[], { ping: '30s' }],
    [[], { ping: -1 }],
    [[], { ping: Infinity }]
  ),
  'sends the headers of a Map': asks({ options: { headers: new Map([['X-A', 'b']]) } }),
  'sends headers in pairs': asks({ options: { headers: [['X-A', 'b']] } }),
  'meets a proxy in a string': meets([[], { proxy: 'nonsense' }]),
  'meets what is no proxy, and names beside its origin': meets(
    [[], { proxy: true }],
    [[], { proxy: ['http://127.0.0.1:1'] }],
    [[], { proxy: { origin: 'http://127.0.0.1:1', auth: 'user:word' } }],
    [[], { proxy: { origin: 'http://127.0.0.1:1', header: {} } }]
  ),
  'meets net and tls that are no objects': meets([[], { tls: 'x' }], [[], { tls: true }], [[], { tls: 5 }]),
  'meets true for a number': meets([[], { ping: true }]),
  'meets headers that are no pairs': meets([[], { headers: 'X-A: b' }], [[], { headers: ['X-A', 'b'] }]),
  'meets options that are no object': meets([[], 5], [[], true])
};
