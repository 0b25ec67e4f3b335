'use strict';

/**
 * Builds the load generator and says where it is.
 */

const { spawnSync } = require('child_process');
const path = require('path');

/**
 * Builds with cargo, whose progress is shown.
 * @returns {string} the path of the executable
 */
function buildGenerator() {
  const words = [
    'build',
    '--release',
    '--package',
    'bench-generator',
    '--message-format',
    'json-render-diagnostics'
  ];
  const { status, error, stdout } = spawnSync('cargo', words, {
    cwd: path.join(__dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26
  });
  if (error) throw new Error(`The load generator needs cargo, which could not be run: ${error.message}`);
  if (status !== 0) throw new Error('The load generator could not be built: see cargo above');
  const built = stdout.split('\n').filter(Boolean).map(JSON.parse);
  return built.find(({ executable }) => executable).executable;
}

module.exports = { buildGenerator };
