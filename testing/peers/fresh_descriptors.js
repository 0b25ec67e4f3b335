'use strict';

/**
 * Runs this program again in a process in which the number of a closed socket is not soon taken by another one
 * (`fresh_descriptors.c`).
 *
 * Where handlers run the loop, libuv needs that. It asks the system for events and then calls what waits for one after
 * the other; when a socket is closed meanwhile, it strikes that socket's events out of those that are left. But it knows
 * only the events of the innermost loop, and, once that has returned, none. If another socket takes the number of the
 * closed one, it gets the events that are left: a hang-up, for example, which ends it though its peer has closed nothing.
 */

const { spawn } = require('node:child_process');
const os = require('node:os');

const { compile, remove } = require('./compiled');

/** Names the library, in the second process. */
const MARK = 'FRESH_DESCRIPTORS';

/**
 * Starts the program again, unless this process is that second one; the first one ends with the second one's exit code. When
 * a signal ends the second one, the first one says which, and ends with the code that a shell has for it.
 *
 * @returns {{hasStarted: boolean, skip?: string}} whether it has done so, or the reason why it could not
 */
function runAgain() {
  const { [MARK]: mine, LD_PRELOAD: others } = process.env;
  if (mine) {
    remove(mine);
    // Not for the processes that this one starts.
    delete process.env[MARK];
    delete process.env.LD_PRELOAD;
    return { hasStarted: false };
  }
  const why = 'numbers of closed sockets are taken again';
  if (process.platform !== 'linux') return { hasStarted: false, skip: `but on Linux, ${why}` };
  const { file, skip } = compile('fresh_descriptors', ['-ldl']);
  if (file === undefined) return { hasStarted: false, skip: `${why}: ${skip}` };
  const env = { ...process.env, [MARK]: file, LD_PRELOAD: others ? `${others}:${file}` : file };
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env,
    stdio: 'inherit'
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + os.constants.signals[signal];
    if (signal !== null) console.error(`process ${child.pid} ended with ${signal}`);
  });
  return { hasStarted: true };
}

module.exports = { runAgain };
