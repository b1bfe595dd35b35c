import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../src/platform/random.ts';
import {
  namesFirstBad,
  TAMPERING_KINDS,
  type Tampering,
  TamperingBench,
  writeLog,
} from '../support/audit-tamperings.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const COUNT = 500;
const folder = new DatabaseFolder();
let bench: TamperingBench;

beforeAll(async () => {
  const random = seededRandom(1);
  const log = await writeLog(folder.path('.'), { rows: 500, random, name: 'log' });
  const other = await writeLog(folder.path('.'), { rows: 500, random, name: 'other' });
  bench = new TamperingBench(log, other, random);
});
afterAll(async () => {
  bench.close();
  await folder.clean();
});

describe('an audit log with its head kept elsewhere', () => {
  it('verifies to its end as it was written', () => {
    expect(bench.untouched()).toMatchObject({
      verified: true,
      entries: 500,
      anchoredThrough: 500,
      unanchored: 0,
    });
  });

  it.each(TAMPERING_KINDS)(
    'a row that was changed, removed, moved or added in another way is found and named: after any %s',
    (kind) => {
      const missed: Tampering[] = [];
      for (let index = 0; index < COUNT / TAMPERING_KINDS.length; index++) {
        const tampering = bench.tamper(kind);
        if (!namesFirstBad(tampering)) missed.push(tampering);
      }
      expect(missed).toEqual([]);
    },
  );
});
