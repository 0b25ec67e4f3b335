'use strict';

/**
 * Runs scripts, which know nothing of transports, on one transport of ours: the constructors of a package are wrapped so
 * that each call gets an option more.
 */

/** Wraps a constructor so that the options, its argument at `index`, have `extra` among them. */
function withOption(constructor, index, extra) {
  const change = (args) => {
    const changed = [...args];
    while (changed.length < index) changed.push(undefined);
    changed[index] = { ...changed[index], ...extra };
    return changed;
  };
  const wrapped = new Proxy(constructor, {
    apply: (target, self, args) => Reflect.apply(target, self, change(args)),
    construct: (target, args, made) =>
      Reflect.construct(target, change(args), made === wrapped ? target : made)
  });
  return wrapped;
}

/** The package with its WebSocket and Client on one transport. */
function onTransport(implementation, transport) {
  const Client = implementation.Client && withOption(implementation.Client, 2, { transport });
  const WebSocket = new Proxy(withOption(implementation, 4, { transport }), {
    get(target, name) {
      if (name === 'WebSocket') return WebSocket;
      return name === 'Client' ? Client : target[name];
    }
  });
  return WebSocket;
}

module.exports = { onTransport };
