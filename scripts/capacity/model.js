'use strict';

/**
 * What connections, messages and topics cost, from figures that were measured (`figures.json`). Times are microseconds of
 * CPU, memory is bytes.
 */

/** Bytes on the wire besides the payload: a frame's header, and TCP/IP's. */
const OVERHEAD = 4 + 52;
/** Bytes that a broker sends besides the payload: subject or channel, offsets, and TCP/IP's share. */
const BROKER_OVERHEAD = 100;

/**
 * What receiving a message costs, at so many a second in one process: the fewer there are, the more of them wake it up for
 * themselves.
 *
 * @param {Array<[number, number]>} points pairs of messages a second and microseconds each, in order
 * @param {number} perSecond
 * @returns {number}
 */
function messageCost(points, perSecond) {
  if (perSecond <= points[0][0]) return points[0][1];
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    if (perSecond <= x1) {
      const share = Math.log(perSecond / x0) / Math.log(x1 / x0);
      return y0 * (y1 / y0) ** share;
    }
  }
  return points[points.length - 1][1];
}

/**
 * What one process takes for something that was done, to be compared with what it took.
 *
 * @param {object} figures
 * @param {object} run
 * @param {number} run.connections
 * @param {number} run.topics in which each connection is
 * @param {number} run.handshakes
 * @param {number} run.messages received
 * @param {number} run.messagesPerSecond
 * @param {number} run.deliveries
 * @returns {{cpu: number, memory: number, descriptors: number}}
 */
function predict({ process: each }, run) {
  return {
    cpu:
      run.handshakes * each.handshake +
      run.messages * messageCost(each.messages, run.messagesPerSecond) +
      run.deliveries * each.delivery,
    memory: each.baseMemory + run.connections * (each.memory + run.topics * each.memoryOfTopic),
    descriptors: each.baseDescriptors + run.connections * each.descriptors
  };
}

/**
 * CPU time that a process takes in a second for so many connections.
 *
 * @param {object} figures
 * @param {object} load see `plan`
 * @param {number} connections
 * @returns {number}
 */
function cpuPerSecond({ process: each }, load, connections) {
  const messages = connections * load.rate;
  const deliveries = (connections / load.connections) * load.published * load.members;
  return (
    messages * (messageCost(each.messages, messages) + load.work) +
    deliveries * each.delivery +
    connections * ((load.reconnects / 3600) * (each.handshake + load.handshake) + each.idle)
  );
}

/**
 * How many processes and machines carry a load, and what the broker has to do.
 *
 * @param {object} figures
 * @param {object} load
 * @param {number} load.connections altogether
 * @param {number} load.rate messages that each of them sends a second
 * @param {number} load.work CPU time that the application takes for one of those
 * @param {number} load.published messages that are published a second, in all topics together
 * @param {number} load.members connections in a topic
 * @param {number} load.topics in which each connection is
 * @param {number} load.size bytes of a message
 * @param {number} load.reconnects times an hour that a connection comes back
 * @param {number} load.handshake CPU time that the application, and TLS, take for that
 * @param {string} load.broker which, of the figures; '' for none
 * @param {object} machine
 * @param {number} machine.cores for processes
 * @param {number} machine.memory
 * @param {number} machine.descriptors that a process may have
 * @param {number} machine.utilisation the share of a core that a process may take
 * @param {number} machine.heap memory that a process may take
 * @returns {object}
 */
function plan(figures, load, machine) {
  const each = figures.process;
  const memory = each.memory + load.topics * each.memoryOfTopic;
  const bounds = {
    cpu: byCpu(figures, load, machine.utilisation * 1e6),
    memory: Math.floor((machine.heap - each.baseMemory) / memory),
    descriptors: Math.floor((machine.descriptors - each.baseDescriptors) / each.descriptors)
  };
  const [bound] = Object.entries(bounds).sort((a, b) => a[1] - b[1])[0];
  const processes = Math.max(1, Math.ceil(load.connections / Math.max(1, bounds[bound])));
  const connections = load.connections / processes;
  const total = each.baseMemory + connections * (memory + each.kernelMemory);
  const perMachine = Math.max(1, Math.min(machine.cores, Math.floor(machine.memory / total)));
  return {
    bounds,
    bound,
    processes,
    connections,
    cpu: cpuPerSecond(figures, load, connections) / 1e6,
    memory: total,
    machines: Math.ceil(processes / perMachine),
    processesPerMachine: Math.min(perMachine, processes),
    bytesOut: load.published * load.members * (load.size + OVERHEAD),
    broker: load.broker === '' ? null : brokerOf(figures, load, machine, processes)
  };
}

/** The most connections of one process for which its CPU time is enough. */
function byCpu(figures, load, most) {
  if (cpuPerSecond(figures, load, load.connections) <= most) return load.connections;
  let [low, high] = [0, load.connections];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (cpuPerSecond(figures, load, middle) <= most) low = middle;
    else high = middle;
  }
  return low;
}

/** What the broker has to do, if members are spread evenly over the processes. */
function brokerOf(figures, load, machine, processes) {
  const cost = figures.brokers[load.broker];
  const copies = processes * (1 - (1 - 1 / processes) ** load.members);
  const cpu = (load.published * (cost.publish + copies * cost.copy)) / 1e6;
  const topics = Math.max(1, (load.connections * load.topics) / load.members);
  return {
    copies,
    cpu,
    cores: Math.ceil(cpu / machine.utilisation),
    bytesOut: load.published * copies * (load.size + BROKER_OVERHEAD),
    subscriptions: topics * copies,
    // Without the rule that a process holds a topic only for somebody of its own.
    share: copies / processes
  };
}

module.exports = { cpuPerSecond, messageCost, plan, predict };
