// Tampers with an audit log of 500 rows, with its head file kept apart, and counts what verification finds:
// npm run tamper -- --count 10000 --seed 1 --json

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/platform/random.ts';
import {
  namesFirstBad,
  TAMPERING_KINDS,
  type Tampering,
  TamperingBench,
  writeLog,
} from '../tests/support/audit-tamperings.ts';

const ROWS = 500;
const SHOWN_MAX = 5;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const count = Number(values.count);
const random = seededRandom(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), 'trueup-tamper-'));
try {
  const log = await writeLog(folder, { rows: ROWS, random, name: 'log' });
  const other = await writeLog(folder, { rows: ROWS, random, name: 'other' });
  const bench = new TamperingBench(log, other, random);
  const untouched = bench.untouched();
  if (!untouched.verified) throw new Error(`the log itself does not verify: ${JSON.stringify(untouched)}`);
  const kinds = TAMPERING_KINDS.map((kind) => ({ kind, count: 0, detected: 0, firstBadRowNamed: 0 }));
  const missed: Tampering[] = [];
  for (let index = 0; index < count; index++) {
    const tally = kinds[index % kinds.length];
    if (!tally) throw new Error('there are kinds');
    const tampering = bench.tamper(tally.kind);
    tally.count += 1;
    if (!tampering.verdict.verified) tally.detected += 1;
    if (namesFirstBad(tampering)) tally.firstBadRowNamed += 1;
    else if (missed.length < SHOWN_MAX) missed.push(tampering);
  }
  bench.close();
  const detected = kinds.reduce((total, each) => total + each.detected, 0);
  const firstBadRowNamed = kinds.reduce((total, each) => total + each.firstBadRowNamed, 0);
  const result = { seed: Number(values.seed), rows: ROWS, count, detected, firstBadRowNamed, kinds, missed };
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else
    console.log(
      `${count} tamperings: ${detected} detected, ${firstBadRowNamed} with the first bad row named`,
    );
  if (detected < count || firstBadRowNamed < count) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
