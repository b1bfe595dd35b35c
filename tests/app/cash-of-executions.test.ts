import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CommittedStep, RebalancingWork } from '../../actors/rebalancing-work.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { findIntent } from '../../db/order-intent-repository.ts';
import { savePlan } from '../../db/plan-repository.ts';
import { recordRebalance } from '../../db/rebalance-repository.ts';
import { readCashAccount, readReserved } from '../../db/venue-cash-repository.ts';
import type { ServiceSettings } from '../../src/app/portfolio/service-settings.ts';
import { rebalancingRecords } from '../../src/app/rebalancing/rebalancing-records.ts';
import { withReservedHeld } from '../../src/app/rebalancing/reserved-as-held.ts';
import { emptyBook } from '../../src/domain/book/book-state.ts';
import { type Amount, amount, ZERO } from '../../src/domain/money/amount.ts';
import { applyExecutionEvent } from '../../src/domain/rebalancing/apply-execution-event.ts';
import type { Execution, ExecutionEvent } from '../../src/domain/rebalancing/execution.ts';
import { legOf, startTwoVenues } from '../domain/rebalancing/execution-fixtures.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { reserve } from '../support/cash/cash-events.ts';
import { idleReading } from '../support/idle-reading.ts';
import { serviceSettings } from '../support/service-settings.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { waitingFor } from '../support/waiting-for.ts';

const A_NORTH = { venue: 'north', asset: 'A' };
const USD_NORTH = { venue: 'north', asset: 'USD' };

let folder: DatabaseFolder;
let database: OpenDatabase;
beforeEach(async () => {
  folder = new DatabaseFolder();
  database = await folder.memory();
});
afterEach(() => folder.clean());

async function begun(limits: ServiceSettings['limits'] = {}) {
  const execution = startTwoVenues();
  const { planHash: hash } = execution;
  await savePlan(database.db, { hash, atMs: NOW_MS, mode: 'live', status: 'planned', body: {} });
  const settings = serviceSettings(
    ['north', 'south'].map((venue) => ({ venue, cashAsset: 'USD' })),
    { limits, limitsWritten: Object.keys(limits) },
  );
  const reading = () => idleReading(settings, NOW_MS);
  const work = rebalancingRecords({ database, settings, reading, now: () => NOW_MS });
  await work.findUnfinished();
  await recordRebalance(database.db, waitingFor(hash));
  const read = (usd: string, revision: number, cashEvent = work.newestCashEvent()) => ({
    venue: 'north',
    revision,
    cashEvent,
    confirmed: { USD: amount(usd), A: amount('10') },
  });
  const south = { ...read('20', 0), venue: 'south' };
  expect(await work.begin('request', execution, { by: 'bot', readings: [read('20', 0), south] })).toEqual({
    state: 'committed',
  });
  return { work, execution, read };
}

const stepOf = (before: Execution, event: ExecutionEvent & { readonly leg: number }): CommittedStep => {
  const execution = applyExecutionEvent(before, event);
  return {
    requestId: 'request',
    before,
    execution,
    event,
    leg: legOf(execution, event.leg),
    prepared: null,
  };
};

const intended = (leg: number, quantity: string, reservation: Amount = ZERO) =>
  ({ type: 'legIntended', leg, quantity: amount(quantity), reservation }) as const;

/** The first sell, written down and sent. */
async function sent(work: RebalancingWork, execution: Execution, quantity: string): Promise<Execution> {
  const first = stepOf(execution, intended(1, quantity));
  await work.commit(first);
  const instruction = await work.findInstruction(first.leg?.intentId ?? '');
  const prepared = { instruction, reference: null, payload: '{}', expiresAtHeight: null };
  const second = stepOf(first.execution, { type: 'legPrepared', leg: 1 });
  await work.commit({ ...second, prepared });
  const third = stepOf(second.execution, { type: 'legSubmitted', leg: 1 });
  await work.commit(third);
  return third.execution;
}

const filled = (leg: number, quantity: string, quoteAmount: string, fee: string) =>
  ({
    type: 'orderSeen',
    leg,
    lookup: {
      state: 'found',
      venueOrderId: `o${leg}`,
      status: 'filled',
      filledQuantity: amount(quantity),
      fills: [
        {
          id: `f${leg}`,
          orderId: `o${leg}`,
          clientOrderId: null,
          market: 'A-USD',
          base: 'A',
          quote: 'USD',
          side: 'sell',
          quantity: amount(quantity),
          price: amount('99'),
          quoteAmount: amount(quoteAmount),
          fee: { asset: 'USD', amount: amount(fee) },
          atMs: NOW_MS,
        },
      ],
    },
  }) as const;

const kindsOfAudit = async (): Promise<readonly string[]> =>
  (await database.db.selectFrom('audit_entry').select('kind').orderBy('sequence').execute()).map(
    ({ kind }) => kind,
  );

describe('the accounts of an execution', () => {
  it('are opened with what its venues confirmed, and what it sells is set aside with its intent', async () => {
    const { work, execution } = await begun();
    expect(await readCashAccount(database.db, USD_NORTH)).toMatchObject({ confirmed: '20', floor: '20' });
    const step = stepOf(execution, intended(1, '10'));
    expect(await work.commit(step)).toEqual({ state: 'committed' });
    expect(await readReserved(database.db)).toEqual([{ ...A_NORTH, amount: '10' }]);
  });

  it('refuse what another one has set aside, and then nothing of the step is kept', async () => {
    const { work, execution } = await begun();
    await reserve(database.db, A_NORTH, { order: "a bot's own", amount: amount('1'), atMs: NOW_MS });
    const step = stepOf(execution, intended(1, '10'));
    expect(await work.commit(step)).toEqual({
      state: 'refused',
      reason: 'A at north cannot be set aside: 10 is more than the 9 that is not reserved',
    });
    expect(await findIntent(database.db, step.leg?.intentId ?? '')).toBeNull();
    expect(await kindsOfAudit()).toEqual(['planMoved']);
  });

  it('are not touched by an order that the limits forbid by now, of which nothing is kept', async () => {
    const { work, execution } = await begun({ minimumBalanceUsd: amount('50') });
    const step = stepOf(execution, intended(1, '10'));
    expect(await work.commit(step)).toEqual({
      state: 'refused',
      reason: 'minimumBalanceUsd: the portfolio is worth 0, trading needs 50',
    });
    expect(await findIntent(database.db, step.leg?.intentId ?? '')).toBeNull();
    expect(await readReserved(database.db)).toEqual([]);
    const skipped = stepOf(execution, { type: 'legSkipped', leg: 1, reason: 'minimumBalanceUsd' });
    expect(await work.commit(skipped)).toEqual({ state: 'committed' });
    expect(await kindsOfAudit()).toEqual(['planMoved', 'order.legSkipped']);
  });

  it('take a fill from what was set aside, and proceeds with the next reading only', async () => {
    const { work, execution, read } = await begun();
    const live = await sent(work, execution, '10');
    const seen = stepOf(live, filled(1, '4', '396', '0.4'));
    await work.commit(seen);
    expect(await readCashAccount(database.db, A_NORTH)).toMatchObject({ confirmed: '6', reserved: '6' });
    expect(await readCashAccount(database.db, USD_NORTH)).toMatchObject({ confirmed: '20' });
    const certified = await work.keepCertified('request', seen.execution, [
      { ...read('415.6', seen.execution.revision), confirmed: { USD: amount('415.6'), A: amount('6') } },
    ]);
    expect(certified.venues[0]).toMatchObject({ confirmedCash: '415.6' });
    expect(await readCashAccount(database.db, USD_NORTH)).toMatchObject({ confirmed: '415.6' });
    expect(await readCashAccount(database.db, A_NORTH)).toMatchObject({ confirmed: '6', reserved: '0' });
  });

  it('take no reading that began before something was set aside: the venue is asked again', async () => {
    const { work, execution, read } = await begun();
    const early = read('500', 0);
    const { execution: after } = stepOf(execution, intended(1, '10'));
    await work.commit(stepOf(execution, intended(1, '10')));
    const kept = await work.keepCertified('request', after, [early]);
    expect(kept).toEqual(after);
    expect(await readCashAccount(database.db, USD_NORTH)).toMatchObject({ confirmed: '20' });
    expect((await work.keepCertified('request', after, [read('500', 1)])).venues[0]).toMatchObject({
      confirmedCash: '500',
    });
  });

  it('leave an execution only what others have not set aside', async () => {
    const { work, execution, read } = await begun();
    await work.keepCertified('request', execution, []);
    const events = stepOf(execution, intended(1, '10'));
    await work.commit(events);
    const kept = await work.keepCertified('request', events.execution, [read('100', 1)]);
    await reserve(database.db, USD_NORTH, { order: "a bot's own", amount: amount('30'), atMs: NOW_MS });
    await work.keepCertified('request', kept, []);
    const next = await work.keepCertified('request', kept, [read('100', 2)]);
    expect(next.venues[0]).toMatchObject({ confirmedCash: '70' });
  });

  it('say in the audit log that an order cost more than its limit allows, and set nothing more aside there', async () => {
    const { work, execution } = await begun();
    const live = await sent(work, execution, '5');
    await work.commit(stepOf(live, filled(1, '6', '594', '0.6')));
    expect(await kindsOfAudit()).toContain('cashPremiseBroken');
    const own = { order: "a bot's own", amount: amount('1'), atMs: NOW_MS };
    expect(await reserve(database.db, A_NORTH, own)).toMatchObject({ state: 'refused' });
  });

  it('begin with nothing where an account has moved since its venue was read', async () => {
    const { work, execution, read } = await begun();
    const old = read('20', 0, 0);
    const hash = 'another';
    await savePlan(database.db, { hash, atMs: NOW_MS, mode: 'live', status: 'planned', body: {} });
    await recordRebalance(database.db, waitingFor(hash));
    expect(
      await work.begin('request', { ...execution, planHash: hash }, { by: 'bot', readings: [old] }),
    ).toEqual({
      state: 'refused',
      reason: 'USD at north was set aside or spent since it was read',
    });
    expect(await kindsOfAudit()).toEqual(['planMoved']);
  });
});

describe('what orders of unknown outcome have set aside', () => {
  it('is held to a plan: not available, and still there', () => {
    const book = emptyBook();
    const holding = {
      asset: 'USD',
      available: amount('100'),
      hold: amount('5'),
      inTransit: ZERO,
      accrued: ZERO,
      version: 1,
    };
    const venue = {
      isOpened: true,
      holdings: new Map([['USD', holding]]),
      liveOrders: new Map(),
      venueIds: new Map(),
      newestFillAtMs: null,
      recentFills: new Map(),
      entryPrices: new Map(),
    };
    book.venues.set('north', venue);
    const reading = { state: { book } } as unknown as Parameters<typeof withReservedHeld>[0];
    const held = (reserved: string) =>
      withReservedHeld(reading, [{ ...USD_NORTH, amount: amount(reserved) }])
        .state.book.venues.get('north')
        ?.holdings.get('USD');
    expect(held('40')).toMatchObject({ available: '60', hold: '45' });
    expect(held('140')).toMatchObject({ available: '0', hold: '105' });
    expect(book.venues.get('north')?.holdings.get('USD')).toBe(holding);
  });
});
