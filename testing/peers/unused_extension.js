'use strict';

/** An extension that nobody offers. With it, permessage-deflate is one of several, of which each gets every message. */
const unused = {
  name: 'x-unused',
  type: 'permessage',
  rsv1: false,
  rsv2: true,
  rsv3: false,
  createClientSession: () => null,
  createServerSession: () => null
};

module.exports = { unused };
