import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registerRebalance } from '../../src/cli/rebalance-command.ts';
import { registerRebalances } from '../../src/cli/rebalances-command.ts';
import { registerReconcile } from '../../src/cli/reconcile-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import type { RebalanceRecord } from '../../src/domain/rebalancing/history/rebalance-record.ts';
import { TARGETS } from '../support/real-time-venue.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { type RunInProcessOptions, runInProcess, type Started, startInProcess } from './command-line.ts';

const commands = [registerRun, registerReconcile, registerRebalance, registerRebalances];

let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
const started: Started[] = [];

beforeEach(async () => {
  folder = new DatabaseFolder();
  world = await servedCoinbase();
  const configuration = { database: 'book.sqlite', ...world.configuration({ more: TARGETS }) };
  writeFileSync(folder.path('trueup.json'), JSON.stringify(configuration));
  await run('reconcile --config CONFIG');
});
afterEach(async () => {
  for (const service of started.splice(0)) {
    service.stop();
    await service.ended;
  }
  await world.server.close();
  await folder.clean();
});

const wordsOf = (words: string): string[] =>
  words.split(' ').map((word) => (word === 'CONFIG' ? folder.path('trueup.json') : word));

const run = (words: string, options: RunInProcessOptions = {}) =>
  runInProcess(wordsOf(words), { commands, environment: world.environment, ...options });

async function startRun(words = ''): Promise<Started> {
  const service = startInProcess(wordsOf(`run --config CONFIG ${words}`.trim()), {
    commands,
    environment: world.environment,
  });
  started.push(service);
  await service.said('cb reconciled');
  return service;
}

async function history(): Promise<readonly RebalanceRecord[]> {
  return JSON.parse((await run('rebalances --config CONFIG --json')).out).rebalances;
}

describe('trueup rebalance', () => {
  it('is a dry run unless it is told to be live: it plans, and neither writes nor sends', async () => {
    const { exitCode, out } = await run('rebalance --config CONFIG');
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: expect.stringMatching(/^ {2}1 .* sell /m) });
    const document = JSON.parse((await run('rebalance --config CONFIG --json')).out);
    expect(document.plan.orders).toHaveLength(2);
    expect(await history()).toEqual([]);
    expect(world.orderRequests()).toBe(0);
  });

  it('has a live service carry the plan out once its id is typed, in the name of the person', async () => {
    const service = await startRun('--mode live --yes');
    const no = await run('rebalance --config CONFIG --live', { typed: ['yes'] });
    expect(no).toMatchObject({ exitCode: 1, err: expect.stringMatching(/sell \S+ in \S+ at cb/) });
    expect(await history()).toMatchObject([{ state: 'rejected' }]);
    expect(await run('rebalance --config CONFIG --live')).toMatchObject({ exitCode: 2 });
    expect(world.orderRequests()).toBe(0);
    const done = await run('rebalance --config CONFIG --live --yes --reason new-targets --json');
    expect(JSON.parse(done.out)).toMatchObject({ decision: 'approve', status: 'done' });
    await service.said('rebalance done');
    expect(world.orderRequests()).toBeGreaterThan(0);
    const all = await history();
    expect(all.map(({ state }) => state)).toEqual(['done', 'rejected', 'rejected']);
    expect(all[0]).toMatchObject({
      origin: { kind: 'person', by: 'person:tester' },
      reason: 'new-targets',
      decidedBy: 'person:tester',
    });
  });

  it('sends nothing for a service in paper mode, or without one', async () => {
    const alone = await run('rebalance --config CONFIG --live --yes');
    expect(alone).toMatchObject({ exitCode: 1, err: expect.stringContaining('no "trueup run" owns') });
    await startRun();
    const paper = await run('rebalance --config CONFIG --live --yes');
    expect(paper).toMatchObject({ exitCode: 0, out: 'nothing is sent: paper mode sends no order\n' });
    expect(await history()).toMatchObject([{ mode: 'paper', state: 'planned' }]);
    expect(world.orderRequests()).toBe(0);
  });

  it('refuses an answer to a question that it does not ask', async () => {
    expect(await run('rebalance --config CONFIG --yes')).toMatchObject({ exitCode: 2 });
  });
});
