'use strict';

/** Line breaks and odd names in what a caller gives to a server: refused here, sent by the reference. */

const headers = (values) => async (t) => {
  await t.open({ options: { headers: values } });
};

module.exports = {
  'meets an own header value with CR LF': headers({ 'X-A': 'b\r\nX-Forged: yes' }),
  'meets an own header value with LF': headers({ 'X-A': 'b\nX-Forged: yes' }),
  'meets an own header value with NUL': headers({ 'X-A': 'b\u0000c' }),
  'meets an own header name with CR LF': headers({ 'X-A: b\r\nX-Forged': 'yes' }),
  'meets an own header value with a tab': headers({ 'X-A': 'b\tc' }),
  'meets an own header value in Latin-1': headers({ 'X-A': 'caf\u00e9' }),

  async 'meets a protocol with CR LF that the client offers too'(t) {
    const protocol = 'chat\r\nX-Forged: yes';
    await t.open({
      accept(_, request, socket, head) {
        request.headers['sec-websocket-protocol'] = [protocol];
        return new t.WebSocket(request, socket, head, [protocol]);
      }
    });
  },

  async 'meets a message that looks like a head'(t) {
    const c = await t.open();
    await c.calls('send', 'HTTP/1.1 200 OK\r\n\r\n');
    await c.calls('close', 3000, 'a\r\nb');
  }
};
