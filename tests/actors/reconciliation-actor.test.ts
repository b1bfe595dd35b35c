import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import type { ReadRetried } from '../../actors/messages/announcements.ts';
import type { PortfolioMessage, VenueObserved } from '../../actors/messages/portfolio-messages.ts';
import { type ReconciliationInput, reconciliationActor } from '../../actors/reconciliation-actor.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { defaultTolerances } from '../../src/domain/reconciliation/tolerance.ts';
import { NO_LAG } from '../../src/domain/reconciliation/venue-lag.ts';
import type { VenueStanding } from '../../src/domain/reconciliation/venue-round.ts';
import { type Observation, type Snapshot, unknown } from '../../src/domain/venue/observation.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { collector, deferred } from '../support/actor-rig.ts';
import {
  type Amounts,
  bookOf,
  priceOf,
  QUIET_MS,
  snapshotOf,
  VENUE,
} from '../support/reconciliation-fixtures.ts';

const POLL_MS = 60_000;
const NO_BASIS = {
  activity: unknown('unreachable', 'no activity today'),
  scope: { sinceMs: 0, assets: new Set<string>() },
  fillsSinceMs: null,
};

/** The actor at one venue that answers as told, with a book that says what it is given. */
function start(options: {
  readonly book?: Amounts;
  readonly isOpened?: boolean;
  readonly signals?: AbortSignal[];
  readonly retryCount?: number;
  readonly random?: number;
  readonly markets?: Pick<Exchange, 'readMarkets'>['readMarkets'];
  readonly activity?: Pick<Exchange, 'readActivity'>['readActivity'];
  readonly answer: (reading: number, atMs: number) => Promise<Observation<Snapshot>> | Observation<Snapshot>;
}) {
  const clock = new TurnClock(1_000_000);
  const steps: string[] = [];
  const { address, messages } = collector<PortfolioMessage>((message) => {
    const { type, isRoundOver } = message as VenueObserved;
    steps.push(`${clock.now()} ${type} ${isRoundOver ? 'over' : 'between'}`);
    const { verdict } = message as VenueObserved;
    // The book's owner keeps what the comparison came to, as the portfolio actor does.
    if (verdict.kind === 'compared')
      standing = { ...standing, discrepancies: verdict.advanced.discrepancies };
  });
  let standing: VenueStanding = {
    book: bookOf(options.book ?? { USD: '100' }, { isOpened: options.isOpened ?? true }),
    discrepancies: [],
    inFlight: [],
    tolerances: defaultTolerances(),
    before: null,
    drift: new Map(),
    lag: NO_LAG,
    quietWindowMs: QUIET_MS,
    confirmations: 2,
    navUsd: amount('1000000'),
    priceOf,
  };
  const readings: number[] = [];
  const retries: ReadRetried[] = [];
  const exchange = {
    venue: VENUE,
    kind: 'coinbase',
    clientOrderIds: 'text',
    observe: async (_request: unknown, signal: AbortSignal) => {
      options.signals?.push(signal);
      readings.push(clock.now());
      return options.answer(readings.length, clock.now());
    },
    readActivity: options.activity ?? (async () => unknown('unreachable', 'no activity today')),
    readMarkets: options.markets,
  } as unknown as Exchange;
  const input: ReconciliationInput = {
    exchange,
    clock,
    portfolio: () => address,
    readStanding: () => standing,
    fillsSinceMs: () => null,
    explain: async () => {
      steps.push(`${clock.now()} explain`);
      return {
        explanations: [],
        corrections: [],
        activityUnknown: 'unreachable',
        activityHash: '',
        basis: NO_BASIS,
      };
    },
    markets: options.markets ? ['BTC-USD'] : [],
    pollIntervalMs: POLL_MS,
    quietWindowMs: () => QUIET_MS,
    timeoutMs: 30_000,
    retryCount: options.retryCount ?? 0,
    random: () => options.random ?? 0.5,
    announce: (retried) => retries.push(retried),
    activityLookBackMs: 3_600_000,
  };
  const actor = createActor(reconciliationActor, { clock, input });
  const errors: unknown[] = [];
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  const reports = messages as readonly VenueObserved[];
  return { actor, clock, readings, reports, retries, steps, errors };
}

const agreeing = (_reading: number, atMs: number) => snapshotOf({ USD: '100' }, {}, atMs);
const ask = (requestId: string) => ({ type: 'reconciliation.requested', requestId }) as const;

describe('the reconciliation actor', () => {
  it('reconciles at once and at every poll', async () => {
    const { clock, readings, reports } = start({ answer: agreeing });
    await settle();
    await clock.moveTo(1_000_000 + 2 * POLL_MS);
    expect(readings).toEqual([1_000_000, 1_060_000, 1_120_000]);
    expect(reports.map(({ isRoundOver, verdict }) => [isRoundOver, verdict.kind])).toEqual(
      Array.from({ length: 3 }, () => [true, 'compared']),
    );
  });

  it.each([
    [250, 1_000],
    [7_000, 7_000],
    [90_000, 90_000],
    [86_400_000, 600_000],
  ])('waits %d ms, as a venue in trouble asks, by waiting %d ms', async (retryAfterMs, waitedMs) => {
    const { clock, readings } = start({ answer: () => unknown('rateLimited', 'slow down', retryAfterMs) });
    await settle();
    await clock.moveTo(1_000_000 + waitedMs - 1);
    expect(readings).toHaveLength(1);
    await clock.moveTo(1_000_000 + waitedMs);
    expect(readings).toHaveLength(2);
  });

  it('tries a read that failed in passing again, each time after a longer wait, before it reports', async () => {
    const { clock, readings, reports, retries } = start({
      retryCount: 2,
      random: 0.5,
      answer: (reading, atMs) =>
        reading <= 2 ? unknown('unreachable', 'no route') : agreeing(reading, atMs),
    });
    await settle();
    await clock.moveTo(1_010_000);
    expect(readings).toEqual([1_000_000, 1_000_125, 1_000_375]);
    expect(reports.map(({ observation }) => observation.state)).toEqual(['known']);
    const retried = { type: 'readRetried', venue: VENUE, endpointClass: 'account', reason: 'unreachable' };
    expect(retries).toEqual([
      { ...retried, atMs: 1_000_000, retryInMs: 125 },
      { ...retried, atMs: 1_000_125, retryInMs: 250 },
    ]);
  });

  it('tries prices again, for as long as one question may take', async () => {
    const askedAtMs: number[] = [];
    const { clock, reports, retries } = start({
      retryCount: 20,
      answer: agreeing,
      markets: async () => {
        askedAtMs.push(clock.now());
        return reports.length === 0 ? unknown('timedOut', 'no answer') : [];
      },
    });
    await settle();
    await clock.moveTo(1_029_999);
    expect(askedAtMs.slice(0, 4)).toEqual([1_000_000, 1_000_125, 1_000_375, 1_000_875]);
    expect(retries.at(-1)).toMatchObject({ endpointClass: 'markets', reason: 'timedOut' });
    expect(reports).toEqual([]);
    await clock.moveTo(1_030_000);
    expect(reports.map(({ observation, markets }) => [observation.state, markets])).toEqual([
      ['known', null],
    ]);
  });

  it('tries activity again where a difference needs a cause', async () => {
    let asked = 0;
    const { clock, retries, steps } = start({
      book: { USD: '60' },
      retryCount: 2,
      answer: agreeing,
      activity: async () => {
        asked += 1;
        return unknown('unreachable', 'no activity today');
      },
    });
    await settle();
    await clock.moveTo(1_030_000);
    expect(asked).toBe(3);
    expect(retries.map(({ endpointClass }) => endpointClass)).toEqual(['activity', 'activity']);
    expect(steps.filter((step) => step.endsWith('explain'))).toHaveLength(1);
  });

  it.each(['unreachable', 'timedOut', 'rateLimited'] as const)(
    'gives a venue that stays %s up for this round after its tries, and grants as many to the next',
    async (reason) => {
      const { clock, readings, reports } = start({ retryCount: 3, answer: () => unknown(reason, 'no') });
      await settle();
      await clock.moveTo(1_030_000);
      expect(readings).toHaveLength(4);
      expect(reports.map(({ isRoundOver, observation }) => [isRoundOver, observation.state])).toEqual([
        [true, 'unknown'],
      ]);
      await clock.moveTo(1_090_000);
      expect(readings).toHaveLength(8);
    },
  );

  it('waits as long as a venue asks before it tries again, and leaves a longer wait to the next round', async () => {
    const short = start({ retryCount: 1, answer: () => unknown('rateLimited', 'slow down', 7_000) });
    await settle();
    await short.clock.moveTo(1_007_000);
    expect(short.readings).toEqual([1_000_000, 1_007_000]);
    const long = start({ retryCount: 1, answer: () => unknown('rateLimited', 'slow down', 31_000) });
    await settle();
    await long.clock.moveTo(1_031_000);
    expect(long.readings).toEqual([1_000_000, 1_031_000]);
    expect(long.reports).toHaveLength(2);
  });

  it.each(['malformed', 'incomplete', 'incoherent', 'wrongScope', 'refused', 'stale'] as const)(
    'does not ask again what was %s: the venue would say the same',
    async (reason) => {
      const { clock, readings } = start({ retryCount: 3, answer: () => unknown(reason, 'no') });
      await settle();
      await clock.moveTo(1_030_000);
      expect(readings).toHaveLength(1);
    },
  );

  it('reports a venue that it cannot read as unknown, and goes on at the next poll', async () => {
    const { clock, reports } = start({ answer: () => unknown('unreachable', 'no route') });
    await settle();
    await clock.moveTo(1_000_000 + POLL_MS);
    expect(reports.map(({ observation, verdict }) => [observation.state, verdict.kind])).toEqual([
      ['unknown', 'unknown'],
      ['unknown', 'unknown'],
    ]);
  });

  it('answers a question at rest with a round of its own', async () => {
    const { actor, clock, readings, reports } = start({ answer: agreeing });
    await settle();
    await clock.moveTo(1_010_000);
    actor.send(ask('q-1'));
    await settle();
    expect(readings).toEqual([1_000_000, 1_010_000]);
    expect(reports.map(({ answers }) => answers)).toEqual([[], ['q-1']]);
  });

  it('answers a question that came while it read with the next reading, which follows at once', async () => {
    const first = deferred<Observation<Snapshot>>();
    const { actor, clock, reports } = start({
      answer: (reading, atMs) => (reading === 1 ? first.promise : agreeing(reading, atMs)),
    });
    actor.send(ask('q-1'));
    actor.send(ask('q-2'));
    await settle();
    first.resolve(agreeing(1, clock.now()));
    await settle();
    expect(reports.map(({ answers }) => answers)).toEqual([[], ['q-1', 'q-2']]);
    await clock.moveTo(clock.now() + POLL_MS);
    expect(reports.at(-1)?.answers).toEqual([]);
  });

  it('answers a question that came between two looks with the second one', async () => {
    const { actor, clock, reports } = start({
      book: { USD: '900' },
      answer: agreeing,
    });
    await settle();
    actor.send(ask('q-1'));
    await clock.moveTo(1_000_000 + QUIET_MS);
    expect(reports.map(({ isRoundOver, answers }) => [isRoundOver, answers])).toEqual([
      [false, []],
      [true, ['q-1']],
    ]);
  });

  it('opens a venue with two reads that agree, a quiet window apart', async () => {
    const { clock, readings, reports } = start({ isOpened: false, answer: agreeing });
    await settle();
    await clock.moveTo(1_000_000 + QUIET_MS);
    expect(readings).toEqual([1_000_000, 1_005_000]);
    expect(reports.map(({ verdict }) => verdict.kind)).toEqual(['opening', 'openable']);
  });

  it('does not open a venue whose reads differ', async () => {
    const { clock, reports } = start({
      isOpened: false,
      answer: (reading, atMs) => snapshotOf({ USD: String(reading) }, {}, atMs),
    });
    await settle();
    await clock.moveTo(1_000_000 + 10 * QUIET_MS);
    expect(reports.map(({ verdict }) => verdict.kind)).toEqual(['opening', 'opening', 'opening', 'unknown']);
  });

  const filled = { type: 'reconciliation.accountMoved' } as const;

  it('compares a fill once the venue has had time to show it, and all that follow with it', async () => {
    const { actor, clock, readings } = start({ answer: agreeing });
    await settle();
    await clock.moveTo(1_020_000);
    actor.send(filled);
    await clock.moveTo(1_023_000);
    actor.send(filled);
    await clock.moveTo(1_020_000 + QUIET_MS - 1);
    expect(readings).toEqual([1_000_000]);
    await clock.moveTo(1_020_000 + QUIET_MS + POLL_MS);
    expect(readings).toEqual([1_000_000, 1_025_000, 1_085_000]);
  });

  it('keeps to its schedule and to its requests while it waits for a fill', async () => {
    const { actor, clock, readings, reports } = start({ answer: agreeing });
    await settle();
    await clock.moveTo(1_058_000);
    actor.send(filled);
    await clock.moveTo(1_060_000);
    expect(readings).toEqual([1_000_000, 1_060_000]);
    actor.send(filled);
    actor.send(ask('now'));
    await settle();
    expect(readings).toEqual([1_000_000, 1_060_000, 1_060_000]);
    expect(reports.at(-1)?.answers).toEqual(['now']);
  });

  it('compares a fill that it heard of while it read, after that round', async () => {
    const gate = deferred<Observation<Snapshot>>();
    const { actor, clock, readings } = start({
      answer: (reading, atMs) => (reading === 1 ? gate.promise : agreeing(reading, atMs)),
    });
    await settle();
    actor.send(filled);
    gate.resolve(agreeing(1, clock.now()));
    await settle();
    await clock.moveTo(1_000_000 + QUIET_MS);
    expect(readings).toEqual([1_000_000, 1_005_000]);
  });

  it('gives a venue that asks for patience its time, whatever is filled', async () => {
    const { actor, clock, readings } = start({
      answer: () => unknown('rateLimited', 'slow down', 40_000),
    });
    await settle();
    actor.send(filled);
    await clock.moveTo(1_039_999);
    expect(readings).toEqual([1_000_000]);
    await clock.moveTo(1_040_000);
    expect(readings).toEqual([1_000_000, 1_040_000]);
  });

  it('looks at a difference again before it looks for a cause', async () => {
    const { clock, steps } = start({ book: { USD: '900' }, answer: agreeing });
    await settle();
    await clock.moveTo(1_000_000 + QUIET_MS);
    expect(steps).toEqual([
      '1000000 portfolio.venueObserved between',
      '1005000 explain',
      '1005000 portfolio.venueObserved over',
    ]);
  });

  it('aborts a reading at its deadline', async () => {
    const signals: AbortSignal[] = [];
    const { clock } = start({ answer: () => new Promise(() => undefined), signals });
    await settle();
    await clock.moveTo(1_000_000 + 29_999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await clock.moveTo(1_000_000 + 30_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('crashes when an adapter throws, and leaves no timer behind', async () => {
    const { clock, actor, errors, steps } = start({
      answer: () => Promise.reject(new Error('a bug of an adapter')),
    });
    await settle();
    expect(actor.getSnapshot().status).toBe('error');
    expect(String(errors)).toContain('a bug of an adapter');
    expect(steps).toEqual([]);
    expect(clock.nextDueAtMs()).toBeNull();
  });
});
