'use strict';

/** A process that is sent sockets: says of each how many bytes it has read when the peer ends it. */

process.on('message', (message, socket) => {
  let count = 0;
  socket.on('data', (chunk) => (count += chunk.length));
  socket.on('error', (error) => process.send(error.message));
  socket.on('end', () => {
    process.send(count);
    socket.destroy();
  });
});
process.on('disconnect', () => process.exit());
