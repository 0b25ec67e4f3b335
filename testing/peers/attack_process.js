'use strict';

/** A process that attacks or stands by; see `attackers.js`. It answers each message with a report. */

const { bystand, flood } = require('./attackers');

process.once('message', async (task) => {
  const report = await (task.flood ? flood(task) : bystand(task));
  process.on('message', () => process.send(report()));
  process.send('ready');
});
process.on('disconnect', () => process.exit());
