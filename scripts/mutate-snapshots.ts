// Changes stored snapshots in every way and counts how many changes are found:
// npm run mutate-snapshots -- --count 10000 --seed 1 --json

import { parseArgs } from 'node:util';
import { mutateSnapshots } from '../tests/support/snapshot-mutations.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const report = mutateSnapshots(Number(values.count), Number(values.seed));
const { count, seed, detected, missed, falseAlarms, byMutation } = report;
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  process.stdout.write(
    `${count} mutations of seed ${seed}: ${detected} found, ${missed} missed, ${falseAlarms} false alarms\n`,
  );
  for (const [name, counts] of Object.entries(byMutation))
    process.stdout.write(`  ${name}: ${counts.detected} of ${counts.made}\n`);
}
process.exitCode = missed === 0 && falseAlarms === 0 ? 0 : 1;
