// Runs the model of small differences that add up, and counts alarms that come late and alarms about nothing:
// npm run drift-model -- --biased 10000 --unbiased 1000 --seed 1 --json

import { parseArgs } from 'node:util';
import { BIAS_PER_HOUR, runDriftModel } from '../tests/support/drift-model.ts';

/** Of unbiased runs, so many may raise a false alarm in thirty days. */
const FALSE_ALARM_SHARE_MAX = 0.01;

const { values } = parseArgs({
  options: {
    biased: { type: 'string', default: '10000' },
    unbiased: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const report = runDriftModel({
  biasedRuns: Number(values.biased),
  unbiasedRuns: Number(values.unbiased),
  seed: Number(values.seed),
});
const { biased, unbiased, seed } = report;
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  process.stdout.write(
    `${biased.runs} drifts of ${BIAS_PER_HOUR} tolerances an hour, seed ${seed}: ${biased.late} without an alarm before three; ` +
      `alarm after ${biased.mean.toFixed(3)} tolerances on average, ${biased.latest.toFixed(3)} at the latest\n` +
      `${unbiased.runs} times thirty days of noise: ${unbiased.falseAlarms} false alarms\n`,
  );
}
const isWithin = biased.late === 0 && unbiased.falseAlarms <= FALSE_ALARM_SHARE_MAX * unbiased.runs;
process.exitCode = isWithin ? 0 : 1;
