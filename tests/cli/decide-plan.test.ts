import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registerDecisions } from '../../src/cli/decide-command.ts';
import { registerRebalances } from '../../src/cli/rebalances-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import type { RebalanceRecord } from '../../src/domain/rebalancing/history/rebalance-record.ts';
import { TARGETS } from '../support/real-time-venue.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { type RunInProcessOptions, runInProcess, type Started, startInProcess } from './command-line.ts';

const commands = [registerRun, registerDecisions, registerRebalances];

let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
let service: Started;

/** A live service whose triggers fire at once, and whose plans may not be carried out without a person. */
beforeEach(async () => {
  folder = new DatabaseFolder();
  world = await servedCoinbase();
  const rebalancing = {
    triggers: { total: '0.05' },
    checkIntervalSeconds: 1,
    confirmations: 1,
    approval: 'auto',
    autoApprove: { maxUsd: '10' },
  };
  const configuration = world.configuration({
    more: { ...TARGETS, rebalancing },
    reconciliation: { intervalSeconds: 1 },
  });
  writeFileSync(folder.path('trueup.json'), JSON.stringify({ database: 'book.sqlite', ...configuration }));
  service = startInProcess(wordsOf('run --config CONFIG --mode live --yes'), {
    commands,
    environment: world.environment,
  });
  await service.said('running in live');
});
afterEach(async () => {
  service.stop();
  await service.ended;
  await world.server.close();
  await folder.clean();
});

const wordsOf = (words: string): string[] =>
  words.split(' ').map((word) => (word === 'CONFIG' ? folder.path('trueup.json') : word));

const run = (words: string, options: RunInProcessOptions = {}) =>
  runInProcess(wordsOf(words), { commands, environment: world.environment, ...options });

async function newest(): Promise<RebalanceRecord> {
  const { rebalances } = JSON.parse((await run('rebalances --config CONFIG --last 1 --json')).out);
  return rebalances[0];
}

describe('a plan that waits for a person', () => {
  it('is carried out once its orders were shown and its id was typed', async () => {
    await service.said('waits for a person: trueup approve');
    const waiting = await newest();
    expect(waiting).toMatchObject({
      state: 'waiting',
      stateReason: expect.stringMatching(/above maxUsd 10$/),
    });
    const id = waiting.id.slice(0, 8);
    expect(await run(`approve ${id} --config CONFIG`)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('expected --yes, or a terminal'),
    });
    const no = await run(`approve ${id} --config CONFIG`, { typed: ['yes'] });
    expect(no).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/sell \S+ in \S+ at cb, at \S+ or better/),
    });
    expect(world.orderRequests()).toBe(0);
    const done = await run(`approve ${id} --config CONFIG`, { typed: [id] });
    expect(done).toMatchObject({ exitCode: 0, out: expect.stringContaining(`${id}: approved`) });
    await service.said('rebalance done');
    expect(await newest()).toMatchObject({
      id: waiting.id,
      mode: 'live',
      decidedBy: 'person:tester',
    });
  });

  it('is dropped where the person rejects it, and is not there to be approved afterwards', async () => {
    await service.said('waits for a person: trueup approve');
    const { id, plan } = await newest();
    const hash = plan?.hash.slice(0, 8);
    expect(await run(`reject ${id} --config CONFIG --note x`)).toMatchObject({ exitCode: 2 });
    // As the service names it: by the plan.
    const rejected = await run(`reject ${hash} --config CONFIG --yes --json`);
    expect(JSON.parse(rejected.out)).toMatchObject({ decision: 'reject', id, status: 'done' });
    service.stop();
    await service.ended;
    const { rebalances } = JSON.parse((await run('rebalances --config CONFIG --json')).out);
    expect(rebalances.at(-1)).toMatchObject({ id, state: 'rejected', decidedBy: 'person:tester' });
    expect((await run(`approve ${id} --config CONFIG --yes`)).exitCode).toBe(2);
    expect(world.orderRequests()).toBe(0);
  });
});
