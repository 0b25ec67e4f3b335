// A feed as a user of faye-websocket writes it.

var WebSocket = require('faye-websocket'),
  EventSource = WebSocket.EventSource,
  http = require('http');

var server = http.createServer();

server.on('request', function (request, response) {
  if (EventSource.isEventSource(request)) {
    var es = new EventSource(request, response, {
      headers: { 'Access-Control-Allow-Origin': '*' },
      ping: 15,
      retry: 10
    });
    console.log('open', es.url, es.lastEventId);

    es.send('Breaking News!', { event: 'notification', id: '99' });
    var loop = setInterval(function () {
      es.send('Hello');
    }, 10);

    es.on('close', function () {
      clearInterval(loop);
      console.log('close');
      es = null;
      server.close();
    });
  } else {
    // Normal HTTP request
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end('Hello');
  }
});

server.listen(0, function () {
  console.log('port', server.address().port);
});
