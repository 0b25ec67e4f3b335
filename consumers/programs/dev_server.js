'use strict';

// webpack-dev-server over SockJS, for a page that shows what src.js says.

const fs = require('fs');
const path = require('path');
const webpack = require('webpack');
const WebpackDevServer = require('webpack-dev-server');

const page = path.join(__dirname, 'page');
fs.mkdirSync(page);
fs.writeFileSync(
  path.join(page, 'index.html'),
  '<!doctype html><p id="said"></p><script src="main.js"></script>'
);

const compiler = webpack({
  mode: 'development',
  context: __dirname,
  entry: './page_entry.js',
  stats: 'none',
  infrastructureLogging: { level: 'error' }
});
const server = new WebpackDevServer(
  {
    host: '127.0.0.1',
    port: 'auto',
    hot: true,
    static: page,
    webSocketServer: 'sockjs',
    client: { webSocketTransport: 'sockjs', logging: 'error' }
  },
  compiler
);
server.start().then(() => console.log('port', server.server.address().port));
process.stdin.on('end', () => process.exit()).resume();
