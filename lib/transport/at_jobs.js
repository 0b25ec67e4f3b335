'use strict';

/**
 * The connections that hold until a job of ours is done. Jobs end by themselves, and so the end of a connection waits for
 * them; what an extension of the owner's holds for may never end, and is not waited for.
 *
 * @type {Set<import('./connection').Receiver>}
 */
const atJobs = new Set();

module.exports = atJobs;
