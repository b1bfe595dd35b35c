import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { registerHistory } from '../../src/cli/history-command.ts';
import { registerOpen } from '../../src/cli/open-command.ts';
import { registerPlan } from '../../src/cli/plan-command.ts';
import { registerReconcile } from '../../src/cli/reconcile-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { registerSnapshot } from '../../src/cli/snapshot-command.ts';
import type { FaceAnswer } from '../../src/exchanges/simulated/http-face.ts';
import { PERMISSIONS, PERMISSIONS_PATH } from '../support/coinbase-account.ts';
import { TARGETS } from '../support/real-time-venue.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { runInProcess } from './command-line.ts';

const commands = [
  registerHistory,
  registerOpen,
  registerPlan,
  registerReconcile,
  registerRun,
  registerSnapshot,
];
const RIGHT: FaceAnswer = { status: 200, body: JSON.stringify(PERMISSIONS) };
const EXCESSIVE: FaceAnswer = { status: 200, body: JSON.stringify({ ...PERMISSIONS, can_transfer: true }) };
const UNTOLD: FaceAnswer = { status: 404, body: '{"error":"NOT_FOUND"}' };
const SILENT: FaceAnswer = { status: 503, body: '' };

let rights: FaceAnswer;
/** Requests other than those for rights. */
let reads: number;
let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
beforeEach(async () => {
  folder = new DatabaseFolder();
  rights = RIGHT;
  reads = 0;
  world = await servedCoinbase({
    intercept: (answer, { path }) => {
      if (path === PERMISSIONS_PATH) return rights;
      reads += 1;
      return answer;
    },
  });
  configure();
});
afterEach(async () => {
  await world.server.close();
  await folder.clean();
});

function configure(venue: object = {}): void {
  const configuration = { database: 'book.sqlite', ...world.configuration({ venue, more: TARGETS }) };
  writeFileSync(folder.path('trueup.json'), JSON.stringify(configuration));
}

const run = (words: string) =>
  runInProcess([...words.split(' '), '--config', folder.path('trueup.json')], {
    commands,
    environment: world.environment,
  });

const STARTS = ['run --once', 'run --once --mode live --yes', 'reconcile', 'open --venue cb --yes'];
const LOOKS = ['snapshot --venue cb', 'plan'];

it.each([...STARTS, ...LOOKS])(
  '%s ends with 2 where the key can transfer, and has read nothing',
  async (words) => {
    await run('reconcile');
    reads = 0;
    rights = EXCESSIVE;
    const { exitCode, err } = await run(words);
    expect({ exitCode, reads }).toEqual({ exitCode: 2, reads: 0 });
    expect(err).toContain('cb credentials: expected a key that can neither withdraw nor transfer');
    expect(err).toContain('make an API key with the permissions View and Trade, without Transfer');
    const { out } = await run(`${words} --json`);
    expect(JSON.parse(out)).toMatchObject({ error: { kind: 'configuration' } });
  },
);

it.each(STARTS)('%s ends with 2 where the venue does not tell what the key can', async (words) => {
  rights = UNTOLD;
  const { exitCode, err } = await run(words);
  expect({ exitCode, reads }).toEqual({ exitCode: 2, reads: 0 });
  expect(err).toContain('expected a key whose rights the venue tells, found refused: HTTP 404');
  configure({ keyRights: 'unchecked' });
  const overridden = await run(words);
  expect(overridden.exitCode).not.toBe(2);
  expect(overridden.err).toContain('trueup: cb: keyRights is "unchecked"');
  expect((await run('history')).out).toContain('keyRights is "unchecked"');
});

it.each([
  ['does not tell', UNTOLD, 'expected a key whose rights the venue tells'],
  ['does not answer', SILENT, 'what its key may do is not known yet'],
])('looks all the same where the venue %s, and says so', async (_what, answer, told) => {
  await run('reconcile');
  await run('reconcile');
  rights = answer;
  for (const words of LOOKS) {
    const { exitCode, err } = await run(words);
    expect([words, exitCode]).toEqual([words, 0]);
    expect(err).toContain(told);
  }
});
