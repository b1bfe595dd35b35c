import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AlertReads } from '../../../src/app/alerts/alert-reads.ts';
import { lookAtPortfolio } from '../../../src/app/alerts/look-at-portfolio.ts';
import { lookAtVenues } from '../../../src/app/alerts/look-at-venues.ts';
import { occurrenceIn } from '../../../src/app/alerts/occurrences-in-audit.ts';
import { ServiceSigns } from '../../../src/app/alerts/service-signs.ts';
import type { VenueMemory } from '../../../src/app/portfolio/portfolio-state.ts';
import type { Reading } from '../../../src/app/portfolio/read-standing.ts';
import { ACTIVITY_UNREAD } from '../../../src/app/rebalancing/risk-state-of.ts';
import type { Look } from '../../../src/domain/alerts/observation.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import type { Discrepancy } from '../../../src/domain/reconciliation/discrepancy.ts';
import { MINUTE_MS, openWorld, SECOND_MS, type World } from '../../support/reconciliation-world.ts';

const DAY_MS = 86_400_000;
let world: World;
let reading: Reading;
let startedAtMs: number;
beforeAll(async () => {
  world = await openWorld({ settings: { targets: { BTC: '0.9', ETH: '0.05', CASH: '0.05' } } });
  startedAtMs = world.worldClock.now();
  await world.pass(60 * SECOND_MS);
  // The first round has opened it; another one says that it agrees.
  await world.reconcile();
  reading = world.harness.service.reading();
});
afterAll(() => world.close());

const READS: AlertReads = {
  activity: ACTIVITY_UNREAD,
  unknownOrders: [],
  proposals: [],
  waitingPlans: [],
  leftToPerson: null,
  paused: null,
  lastRebalanceAtMs: null,
  day: null,
};

/** What is seen to hold, as "code asset venue about". */
const held = (looks: readonly Look[]): readonly string[] =>
  looks
    .flatMap(({ sightings }) => sightings)
    .filter(({ isBreached }) => isBreached)
    .map(({ code, asset, venue, about }) =>
      [code, asset, venue, about].filter((part) => part !== null).join(' '),
    );

/** The reading with the venue's memory changed, and time passed. */
function changed(changes: Partial<VenueMemory>, passedMs = 0): Reading {
  const memory = reading.state.venues.get('coinbase');
  if (memory === undefined) throw new Error('the world has a venue');
  const venues = new Map([['coinbase', { ...memory, ...changes }]]);
  return { ...reading, nowMs: reading.nowMs + passedMs, state: { ...reading.state, venues } };
}

const discrepancy = (changes: Partial<Discrepancy>): Discrepancy =>
  ({
    venue: 'coinbase',
    asset: 'BTC',
    class: 'quantityMismatch',
    severity: 'warning',
    delta: amount('-0.001'),
    valueUsd: amount('60'),
    state: 'confirmed',
    explanationsTried: 0,
    isOscillating: false,
    awaitsOutcome: false,
    ...changes,
  }) as Discrepancy;

describe('of a venue', () => {
  it.each<[string, () => Reading, readonly string[]]>([
    ['nothing holds where all is well', () => changed({}), []],
    [
      'it is uncertified and its prices are old after fifteen minutes',
      () => changed({}, 16 * MINUTE_MS),
      ['venueUncertified coinbase', 'pricesStale coinbase'],
    ],
    [
      'it is uncertified where it never was since the start',
      () => changed({ lastCertifiedAtMs: null }, 16 * MINUTE_MS),
      ['venueUncertified coinbase', 'pricesStale coinbase'],
    ],
    [
      'one that is not open is not uncertified, and waits once two reads agree',
      () => changed({ opening: { state: 'unopened' }, openable: {} as never }, 16 * MINUTE_MS),
      ['openingWaits coinbase', 'pricesStale coinbase'],
    ],
    ['its stream is away', () => changed({ stream: 'lost' }), ['streamLost coinbase']],
    [
      'a fill is unclaimed for a minute, and not before',
      () =>
        changed({
          unclaimed: new Map([
            ['BTC', reading.nowMs - MINUTE_MS],
            ['ETH', reading.nowMs - MINUTE_MS + 1],
          ]),
        }),
      ['fillUnclaimed BTC coinbase'],
    ],
    [
      'too much is unexplained',
      () =>
        changed({
          gates: { venue: 'coinbase', mode: 'reduceOnly', reason: '3 assets', isOpen: false, assets: [] },
        }),
      ['venueReduceOnly coinbase'],
    ],
    ['a suspicion is none yet', () => changed({ discrepancies: [discrepancy({ state: 'suspected' })] }), []],
    [
      'a difference is open',
      () => changed({ discrepancies: [discrepancy({})] }),
      ['discrepancyOpen BTC coinbase'],
    ],
    ['what is corrected is not', () => changed({ discrepancies: [discrepancy({ state: 'corrected' })] }), []],
    [
      'a difference is critical',
      () => changed({ discrepancies: [discrepancy({ severity: 'critical' })] }),
      ['discrepancyCritical BTC coinbase'],
    ],
    [
      'a difference is unexplained after five attempts, and not after four',
      () =>
        changed({
          discrepancies: [
            discrepancy({ state: 'unexplained', explanationsTried: 5 }),
            discrepancy({ asset: 'ETH', state: 'unexplained', explanationsTried: 4, severity: 'info' }),
          ],
        }),
      ['discrepancyOpen BTC coinbase', 'discrepancyUnexplained BTC coinbase'],
    ],
    [
      'a difference oscillates and waits for an outcome',
      () =>
        changed({
          discrepancies: [discrepancy({ severity: 'info', isOscillating: true, awaitsOutcome: true })],
        }),
      ['discrepancyOscillating BTC coinbase', 'outcomeAwaited BTC coinbase'],
    ],
  ])('%s', (_, now, expected) => {
    expect(held(lookAtVenues(now(), startedAtMs))).toEqual(expected);
  });
});

describe('of the portfolio', () => {
  const looks = (now = reading, reads: Partial<AlertReads> = {}) =>
    held(lookAtPortfolio(now, { ...READS, ...reads }, startedAtMs)).filter(
      (code) => !code.startsWith('limitUnknown'),
    );
  const order = { clientOrderId: '7', venue: 'coinbase', market: 'BTC-USD' };

  it('a weight that is far from its target is seen, and how far', () => {
    const nowMs = (reading.state.venues.get('coinbase')?.marketsAtMs ?? 0) + SECOND_MS;
    const fresh = { ...reading, nowMs };
    // 0.8 BTC at 60 000, 1 ETH at 3 000 and 3 000 USD: 89 % against 90 %. A plan counts what has a target alone.
    expect(looks(fresh)).toEqual([]);
    const wanting = { ...fresh, settings: { ...reading.settings, targets: { BTC: '0.5', CASH: '0.5' } } };
    expect([...looks(wanting)].sort()).toEqual(['assetUnassigned', 'driftLarge BTC', 'driftLarge CASH']);
    const details = lookAtPortfolio(wanting, READS, startedAtMs).flatMap(({ sightings }) => sightings);
    expect(details.find(({ asset }) => asset === 'BTC')?.detail).toBe(
      'BTC is 94.12 % of the portfolio, its target is 50 %',
    );
  });

  it('nothing of it is judged where a venue is not certified', () => {
    const unknown = lookAtPortfolio(
      changed({ lastCertifiedAtMs: null, lastReport: null }),
      READS,
      startedAtMs,
    );
    const ofLimits = unknown.filter(({ code }) =>
      ['leverage', 'minimumBalance', 'driftLarge', 'limitUnknown'].includes(code),
    );
    expect(ofLimits.map(({ isWhole, sightings }) => [isWhole, sightings.length])).toEqual(
      ofLimits.map(() => [false, 0]),
    );
    expect(ofLimits).toHaveLength(4);
  });

  it('what is held without a price is one alert, whatever there is of it', () => {
    const state = { ...reading.state, prices: new Map([['BTC', amount('60000')]]) };
    expect(looks({ ...reading, state })).toContain('priceMissing');
  });

  it.each<[string, Partial<AlertReads>, readonly string[]]>([
    ['an order of 29 s is not old', { unknownOrders: [{ ...order, sinceMs: -29_999 }] }, []],
    ['one of 30 s is', { unknownOrders: [{ ...order, sinceMs: -30_000 }] }, ['outcomeUnknown coinbase 7']],
    [
      'one of five minutes is critical',
      { unknownOrders: [{ ...order, sinceMs: -300_000 }] },
      ['outcomeUnknown coinbase 7', 'outcomeUnknownLong coinbase 7'],
    ],
    [
      'corrections wait',
      {
        proposals: [
          { venue: 'coinbase', proposedAtMs: 1 },
          { venue: 'coinbase', proposedAtMs: 2 },
        ],
      },
      ['correctionWaits coinbase'],
    ],
    ['a plan waits', { waitingPlans: ['abc'] }, ['planWaits abc']],
    ['a rebalance was left to a person', { leftToPerson: 'abc' }, ['executionNeedsPerson abc']],
    ['a rebalance is paused', { paused: { planHash: 'abc', reason: 'ann' } }, ['executionPaused abc']],
    ['the last rebalance was thirty days ago', { lastRebalanceAtMs: -30 * DAY_MS }, []],
    ['it was longer ago', { lastRebalanceAtMs: -30 * DAY_MS - 1 }, ['rebalanceOverdue']],
  ])('%s', (_, reads, expected) => {
    const dated: Partial<AlertReads> = {
      ...reads,
      ...(reads.unknownOrders && {
        unknownOrders: reads.unknownOrders.map((each) => ({
          ...each,
          sinceMs: reading.nowMs + each.sinceMs,
        })),
      }),
      ...(typeof reads.lastRebalanceAtMs === 'number' && {
        lastRebalanceAtMs: reading.nowMs + reads.lastRebalanceAtMs,
      }),
    };
    expect(looks(reading, dated)).toEqual(expected);
  });

  it('a kill switch that is on is seen with who turned it', () => {
    const killSwitch = { isOn: true, by: 'person:ann', atMs: 1, reason: 'a test' };
    expect(looks({ ...reading, state: { ...reading.state, killSwitch } })).toEqual(['killSwitchOn']);
  });
});

describe('of the service', () => {
  const worker = { type: 'workerChanged', atMs: 5, worker: 'triggers', error: 'a bug' } as const;
  const breaker = {
    type: 'breakerChanged',
    atMs: 5,
    venue: 'coinbase',
    endpointClass: 'account',
    reason: 'no',
  } as const;

  it('crashes are kept until they were written, and what was given up until it is restarted', () => {
    const signs = new ServiceSigns();
    signs.hear({ ...worker, what: 'worker.crashed' });
    const first = signs.occurrences();
    expect(first).toMatchObject([{ code: 'workerCrashed', about: 'triggers', detail: 'a bug' }]);
    signs.hear({ ...worker, what: 'worker.crashed' });
    signs.forget(first);
    expect(signs.occurrences()).toHaveLength(1);
    signs.hear({ ...worker, what: 'worker.gaveUp' });
    expect(held(signs.looks())).toEqual(['workerGaveUp triggers']);
    signs.hear({ ...worker, what: 'worker.restarted', error: null });
    expect(held(signs.looks())).toEqual([]);
  });

  it('a breaker is open until it is closed, also while it is tried', () => {
    const signs = new ServiceSigns();
    for (const state of ['open', 'halfOpen'] as const) {
      signs.hear({ ...breaker, state });
      expect(held(signs.looks())).toEqual(['breakerOpen coinbase account']);
    }
    signs.hear({ ...breaker, state: 'closed' });
    expect(held(signs.looks())).toEqual([]);
  });
});

describe('of the audit log', () => {
  const entry = (kind: string, body: unknown) =>
    occurrenceIn({ sequence: 1, hash: '', actor: 'x', atMs: 7, kind, body });
  const event = { type: 'portfolio.fillReported', eventId: 'e1', venue: 'coinbase' };
  const outcome = (status: string) => ({
    event,
    outcome: { status, place: 'amount', expected: '5', found: '6' },
  });
  it.each([
    [
      'portfolio.fillReported',
      outcome('conflict'),
      {
        code: 'messageConflict',
        venue: 'coinbase',
        detail: 'portfolio.fillReported e1: amount expected 5, found 6',
      },
    ],
    ['portfolio.fillReported', outcome('rejected'), { code: 'messageRefused', venue: 'coinbase' }],
    ['portfolio.fillReported', outcome('posted'), null],
    ['planRefused', { reason: 'why' }, { code: 'planRefused', detail: 'why', atMs: 7 }],
    [
      'rebalanceAborted',
      { by: 'person:ann', reason: 'why' },
      { code: 'rebalanceAborted', detail: 'by person:ann: why' },
    ],
    [
      'cashPremiseBroken',
      { venue: 'v', asset: 'USD', reason: 'why' },
      { code: 'cashPremiseBroken', venue: 'v', asset: 'USD' },
    ],
    ['cashNotCovered', { venue: 'v', asset: 'USD', reason: 'why' }, { code: 'cashPremiseBroken' }],
    ['decisionMade', { decision: {} }, null],
  ])('%s of %j', (kind, body, expected) => {
    if (expected === null) expect(entry(kind, body)).toBe(null);
    else expect(entry(kind, body)).toMatchObject(expected);
  });
});
