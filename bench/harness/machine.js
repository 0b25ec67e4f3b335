'use strict';

/**
 * The machine: what it is, and what else it was doing during a run.
 *
 * Contention costs the JavaScript peers more than the native ones, so a busy machine flatters every ratio to them. The
 * share that other processes took is measured and printed; nothing is refused.
 */

const { execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const { findBun } = require('./peers');

/** Ticks of /proc/stat per second: USER_HZ is 100 on every Linux that Node runs on. */
const TICKS = 100;

/**
 * @returns {{at: number, busy: number, stolen: number}} seconds, summed over all cores
 */
function readLoad() {
  const [, user, nice, system, , , irq, softirq, steal] = fs
    .readFileSync('/proc/stat', 'utf8')
    .split(/\s+/)
    .map(Number);
  return {
    at: process.uptime(),
    busy: (user + nice + system + irq + softirq) / TICKS,
    stolen: steal / TICKS
  };
}

/**
 * What other processes and the hypervisor took between two readings.
 * @param {object} before
 * @param {object} after
 * @param {number} own seconds of CPU time that the run itself used
 * @returns {{other: number, stolen: number}} in cores
 */
function compareLoad(before, after, own) {
  const wall = after.at - before.at;
  return {
    other: Math.max(0, (after.busy - before.busy - own) / wall),
    stolen: (after.stolen - before.stolen) / wall
  };
}

/**
 * Seconds of CPU time of a process so far, user and system, all threads.
 * @param {number} pid
 */
function readCpu(pid) {
  // The command's name, in parentheses, may hold anything: the fields are counted behind it.
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/**
 * Resident memory of a process in bytes.
 * @param {number} pid
 */
function readMemory(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

/**
 * @returns {object} the machine and the versions of what runs on it
 */
function describeMachine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0].model.trim(),
    cores: cpus.length,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    versions: {
      node: process.versions.node,
      'faye-websocket': packageVersion('faye-websocket-reference'),
      'websocket-driver': packageVersion('websocket-driver'),
      'permessage-deflate': packageVersion('permessage-deflate'),
      ws: packageVersion('ws'),
      bufferutil: packageVersion('bufferutil'),
      bun: bunVersion(),
      rustc: run('rustc', ['--version']).split(' ')[1]
    }
  };
}

function packageVersion(name) {
  try {
    return require(`${name}/package.json`).version;
  } catch {
    return 'absent';
  }
}

function bunVersion() {
  try {
    return run(findBun(), ['--version']);
  } catch {
    return 'absent';
  }
}

function run(file, words) {
  return execFileSync(file, words, { encoding: 'utf8' }).trim();
}

module.exports = { compareLoad, describeMachine, readCpu, readLoad, readMemory };
