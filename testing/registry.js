'use strict';

// A registry on this machine that has packages which are not published yet, so that they are installed the way users
// will: by name, with npm choosing the platform.

const { createHash } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

/**
 * Serves packages as the registry of npm does.
 *
 * @param {{manifest: object, file?: string}[]} packages a package.json each, and its tarball. Those without a tarball
 *   can be looked up, but not fetched: nobody should want them
 * @param {string} [upstream] the registry that other names are sent on to; without it there are no others
 * @returns {Promise<{url: string, close: function(): void}>}
 */
async function serveRegistry(packages, upstream) {
  const byName = new Map(packages.map((each) => [each.manifest.name, each]));
  const server = http.createServer((request, response) => {
    const [, name, dash, tarball] =
      /^\/((?:@[^/]+\/)?[^/]+)(?:\/(-)\/(.+))?$/.exec(decodeURIComponent(request.url)) || [];
    const found = byName.get(name);
    if (!found && upstream) {
      response.writeHead(307, { Location: new URL(request.url.slice(1), upstream).href }).end();
    } else if (!found || (dash && !found.file)) {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end('{}');
    } else if (dash && tarball) {
      response
        .writeHead(200, { 'Content-Type': 'application/octet-stream' })
        .end(fs.readFileSync(found.file));
    } else {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(describe(found, url));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, close };
}

/** What a registry tells of a package. */
function describe({ manifest, file }, url) {
  const { name, version } = manifest;
  const dist = { tarball: `${url}${name}/-/${file ? path.basename(file) : 'none.tgz'}` };
  if (file) {
    const hash = (algorithm, encoding) =>
      createHash(algorithm).update(fs.readFileSync(file)).digest(encoding);
    dist.shasum = hash('sha1', 'hex');
    dist.integrity = `sha512-${hash('sha512', 'base64')}`;
  }
  const versions = { [version]: { ...manifest, dist } };
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions });
}

module.exports = { serveRegistry };
