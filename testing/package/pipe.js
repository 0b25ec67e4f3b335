// The same by way of a pipe.

var WebSocket = require('faye-websocket'),
  http = require('http');

var server = http.createServer();

server.on('upgrade', function (request, socket, body) {
  var ws = new WebSocket(request, socket, body, ['amqp']);
  ws.pipe(ws);

  ws.onopen = function (event) {
    console.log('open', ws.url, ws.version, ws.protocol);
  };
  ws.onclose = function (event) {
    console.log('close', event.code, event.reason);
    server.close();
  };
});

server.listen(0, function () {
  console.log('port', server.address().port);
});
