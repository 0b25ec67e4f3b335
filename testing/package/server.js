// An echo server as a user of faye-websocket writes it. The test that runs it is package.test.js.

var WebSocket = require('faye-websocket'),
  http = require('http');

var server = http.createServer();

server.on('upgrade', function (request, socket, body) {
  if (WebSocket.isWebSocket(request)) {
    var ws = new WebSocket(request, socket, body, ['irc', 'amqp'], { ping: 15 });

    ws.on('open', function (event) {
      console.log('open', ws.url, ws.version, ws.protocol);
      ws.ping('Mic check', function () {
        console.log('pong');
      });
    });

    ws.on('message', function (event) {
      ws.send(event.data);
    });

    ws.on('close', function (event) {
      console.log('close', event.code, event.reason);
      ws = null;
      server.close();
    });
  }
});

server.listen(0, function () {
  console.log('port', server.address().port);
});
