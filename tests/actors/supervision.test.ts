import assert from 'node:assert/strict';
import { afterAll, describe, it } from '@jest/globals';
import type { AnyActorRef } from 'xstate';
import { createActor, fromCallback, fromPromise, setup } from 'xstate';
import {
  assertRestartPolicy,
  recentCrashes,
  restartDelayMs,
} from '../../actors/supervision/restart-policy.ts';
import { supervisorActor } from '../../actors/supervisor-actor.ts';
import { ManualClock } from '../support/manual-clock.ts';

const POLICY = { firstDelayMs: 1_000, maxDelayMs: 8_000, crashesMax: 3, periodMs: 60_000 };

const uncaught: unknown[] = [];
const remember = (error: unknown) => uncaught.push(error);
process.on('uncaughtException', remember);
afterAll(() => {
  process.off('uncaughtException', remember);
  assert.deepEqual(uncaught, []);
});

/** Records what workers do, under the time at which they do it. */
class Journal {
  readonly lines: string[] = [];
  readonly clock: ManualClock;
  constructor(clock: ManualClock) {
    this.clock = clock;
  }
  write(line: string) {
    this.lines.push(`${this.clock.now()} ${line}`);
  }
}

function makeWorker(journal: Journal, flaky: { failing: boolean } = { failing: false }) {
  return setup({
    types: {
      input: {} as { name: string },
      context: {} as { name: string },
      events: {} as { type: 'ping' } | { type: 'boom' } | { type: 'fail' } | { type: 'finish' },
    },
    actors: {
      poll: fromPromise(async ({ input, signal }: { input: { name: string }; signal: AbortSignal }) => {
        journal.write(`${input.name} polls`);
        signal.addEventListener('abort', () => journal.write(`${input.name} poll aborted`));
        if (flaky.failing) throw new Error('venue down');
        await new Promise(() => {}); // Never settles: a long poll.
      }),
      stream: fromCallback<{ type: 'x' }, { name: string }>(({ input }) => {
        journal.write(`${input.name} stream opened`);
        return () => journal.write(`${input.name} stream closed`);
      }),
    },
    actions: {
      logPing: ({ context }) => journal.write(`${context.name} pinged`),
      throwBug: () => {
        throw new Error('bug');
      },
    },
  }).createMachine({
    context: ({ input }) => ({ name: input.name }),
    invoke: [
      { src: 'stream', input: ({ context }) => ({ name: context.name }) },
      { src: 'poll', input: ({ context }) => ({ name: context.name }) },
    ],
    initial: 'working',
    states: {
      working: { on: { ping: { actions: 'logPing' }, boom: { actions: 'throwBug' }, finish: 'finished' } },
      finished: { type: 'final' },
    },
  });
}

function start(
  options: { flaky?: { failing: boolean }; vital?: readonly string[]; names?: readonly string[] } = {},
) {
  const clock = new ManualClock();
  const journal = new Journal(clock);
  const names = options.names ?? ['coinbase'];
  const machine = makeWorker(journal, options.flaky);
  const reports: string[] = [];
  const service = createActor(supervisorActor, {
    clock,
    input: {
      workers: names.map((name) => ({
        name,
        machine,
        input: { name },
        vital: options.vital?.includes(name) ?? false,
      })),
      onWorkerReport: (report) => reports.push(report.type),
      policy: POLICY,
      now: () => clock.now(),
      random: () => 1,
    },
  });
  service.start();
  const address = (name: string): AnyActorRef => service.getSnapshot().context.addresses[name]!;
  return { clock, journal, service, address, reports };
}

describe('restart policy', () => {
  it('doubles the delay up to its ceiling', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((n) => restartDelayMs(POLICY, n, 1)),
      [1000, 2000, 4000, 8000, 8000, 8000],
    );
  });
  it('never jitters below half the delay', () => assert.equal(restartDelayMs(POLICY, 3, 0), 2000));
  it('forgets crashes older than the window', () =>
    assert.deepEqual(recentCrashes(POLICY, [0, 30_000], 60_000), [30_000]));
  it('refuses a backoff too slow for its own limit', () =>
    assert.throws(() => assertRestartPolicy({ ...POLICY, periodMs: 7_000 }), /must fit inside periodMs/));
});

describe('supervision', () => {
  it('restarts a crashing worker after 1 s, 2 s and 4 s, then gives it up', async () => {
    const { clock, journal, service } = start({ flaky: { failing: true } });
    await clock.advance(20_000);
    assert.deepEqual(
      journal.lines.filter((l) => l.endsWith('polls')),
      ['0 coinbase polls', '1000 coinbase polls', '3000 coinbase polls', '7000 coinbase polls'],
    );
    assert.equal(service.getSnapshot().value, 'degraded');
    assert.deepEqual(service.getSnapshot().context.lostNames, ['coinbase']);
  });

  it('leaves siblings of a lost worker untouched', async () => {
    const { clock, journal, address, service } = start({ names: ['coinbase', 'dydx'] });
    for (const at of [1, 2, 3, 4]) {
      address('coinbase').send({ type: 'boom' });
      await clock.advance(at * 4_000);
    }
    address('dydx').send({ type: 'ping' });
    assert.equal(service.getSnapshot().value, 'degraded');
    assert.match(journal.lines.at(-1)!, /dydx pinged/);
    assert.equal(journal.lines.filter((l) => l.includes('dydx stream')).length, 1);
  });

  it('halts the service, stopping every worker, when a vital worker is lost', async () => {
    const { clock, journal, address, service } = start({
      names: ['portfolio', 'dydx'],
      vital: ['portfolio'],
    });
    for (let crash = 0; crash < 4; crash++) {
      address('portfolio').send({ type: 'boom' });
      await clock.advance(9_000);
    }
    assert.equal(service.getSnapshot().value, 'halted');
    assert.equal(service.getSnapshot().status, 'done');
    assert.ok(journal.lines.some((l) => l.endsWith('dydx stream closed')));
    assert.ok(journal.lines.some((l) => l.endsWith('dydx poll aborted')));
  });

  it('stops what a crashed worker had running before it starts again', async () => {
    const { clock, journal, address } = start();
    address('coinbase').send({ type: 'boom' });
    await clock.advance(1_000);
    assert.deepEqual(journal.lines, [
      '0 coinbase stream opened',
      '0 coinbase polls',
      '0 coinbase stream closed',
      '0 coinbase poll aborted',
      '1000 coinbase stream opened',
      '1000 coinbase polls',
    ]);
  });

  it('is healed by quiet time: a crash a day never reaches the limit', async () => {
    const { clock, address, service } = start();
    for (let day = 0; day < 10; day++) {
      address('coinbase').send({ type: 'boom' });
      await clock.advance(61_000, 1_000);
    }
    assert.equal(service.getSnapshot().value, 'healthy');
  });

  it('keeps one address across restarts, and says what it could not deliver', async () => {
    const { clock, journal, address } = start();
    const undelivered: string[] = [];
    const coinbase = address('coinbase');
    coinbase.on('message.undelivered', (e) =>
      undelivered.push((e as unknown as { message: { type: string } }).message.type),
    );
    coinbase.send({ type: 'boom' });
    coinbase.send({ type: 'ping' });
    await clock.advance(1_000);
    coinbase.send({ type: 'ping' });
    assert.deepEqual(undelivered, ['ping']);
    assert.deepEqual(
      journal.lines.filter((l) => l.endsWith('pinged')),
      ['1000 coinbase pinged'],
    );
  });

  it('starts a worker that was given up again when an operator says so', async () => {
    const flaky = { failing: true };
    const { clock, journal, address } = start({ flaky });
    await clock.advance(20_000);
    flaky.failing = false;
    address('coinbase').send({ type: 'supervised.resume' });
    address('coinbase').send({ type: 'ping' });
    assert.deepEqual(journal.lines.slice(-3), [
      '20000 coinbase stream opened',
      '20000 coinbase polls',
      '20000 coinbase pinged',
    ]);
  });

  it('cancels a pending restart and aborts polls when the service stops', async () => {
    const { clock, journal, address, service } = start({ names: ['coinbase', 'dydx'] });
    address('coinbase').send({ type: 'boom' });
    service.send({ type: 'service.stop' });
    await clock.advance(30_000, 1_000);
    assert.equal(service.getSnapshot().value, 'stopped');
    assert.equal(journal.lines.filter((l) => l.endsWith('coinbase polls')).length, 1);
    assert.ok(journal.lines.some((l) => l.endsWith('dydx poll aborted')));
  });
});
