// What persons decide and what the service learns, told on the whole service with the real adapters on loopback.

import { afterAll, afterEach, describe, expect, it, test } from '@jest/globals';
import type { DecisionMade } from '../actors/messages/portfolio-messages.ts';
import { readCorrections } from '../db/correction-repository.ts';
import { findDiscrepancy, readDiscrepancies } from '../db/discrepancy-repository.ts';
import { verifyLedger } from '../db/verify-ledger.ts';
import { findFirstDivergence } from '../src/app/find-first-divergence.ts';
import { quietWindowAt } from '../src/app/portfolio/read-standing.ts';
import { gatesOf, isTradableAt } from '../src/app/portfolio-views.ts';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import { add, amount } from '../src/domain/money/amount.ts';
import type { Discrepancy } from '../src/domain/reconciliation/discrepancy.ts';
import type { FaceAnswer, FaceRequest } from '../src/exchanges/simulated/http-face.ts';
import { dydxBeside } from './support/other-venues.ts';
import {
  AUTO,
  fillEvents,
  MINUTE_MS,
  openWorld,
  placeOrder,
  SECOND_MS,
  submittedEvent,
  type World,
  type WorldOptions,
} from './support/reconciliation-world.ts';
import { DatabaseFolder } from './support/temporary-database.ts';

const worlds: World[] = [];
const folder = new DatabaseFolder();
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => folder.clean());

/** What each venue shows over and above what it has a record of. */
const appeared = new WeakMap<World, Map<string, string>>();

async function opened(options: WorldOptions = {}): Promise<World> {
  const more = new Map<string, string>();
  const world = await openWorld({
    ...options,
    server: {
      ...options.server,
      intercept: (answer, request) =>
        withMore(options.server?.intercept?.(answer, request) ?? answer, request, more),
    },
  });
  appeared.set(world, more);
  worlds.push(world);
  await world.pass(12 * SECOND_MS);
  return world;
}

interface AccountRow {
  readonly currency: string;
  readonly available_balance: { readonly value: string };
}

function withMore(answer: FaceAnswer, { path }: FaceRequest, more: ReadonlyMap<string, string>): FaceAnswer {
  if (!path.endsWith('/brokerage/accounts') || more.size === 0) return answer;
  const page = JSON.parse(String(answer.body)) as { readonly accounts: readonly AccountRow[] };
  const accounts = page.accounts.map((row) => {
    const { value, ...rest } = row.available_balance;
    const shown = add(amount(value), amount(more.get(row.currency) ?? '0'));
    return { ...row, available_balance: { ...rest, value: shown } };
  });
  return { ...answer, body: JSON.stringify({ ...page, accounts }) };
}

let decisions = 0;
async function decide(world: World, decision: DecisionMade['decision']) {
  decisions += 1;
  const requestId = `decision-${decisions}`;
  await world.harness.send({
    to: 'portfolio',
    message: { type: 'portfolio.decisionMade', requestId, by: 'person:ada', decision },
  });
  const answer = world.events('decisionAnswered').find((event) => event.requestId === requestId)?.answer;
  if (!answer) throw new Error(`${requestId} is answered`);
  return answer;
}

const proposals = (world: World) => readCorrections(world.harness.database.db, ['proposed']);
const open = async (world: World) =>
  (
    await readDiscrepancies(world.harness.database.db, {
      states: ['suspected', 'confirmed', 'explained', 'unexplained', 'proposed', 'rejected'],
    })
  ).map(({ body }) => body as Discrepancy);
const stateOf = async (world: World, id: string) =>
  (await findDiscrepancy(world.harness.database.db, id))?.body as Discrepancy;
const deposit = (world: World, id: string, more: Partial<BookEvent> = {}): BookEvent =>
  ({
    type: 'portfolio.depositReported',
    eventId: id,
    venue: 'coinbase',
    atMs: world.harness.clock.now(),
    asset: 'ETH',
    amount: amount('0.5'),
    activityId: null,
    ...more,
  }) as BookEvent;

/** A venue that has more of an asset than it has any record of. */
function appear(world: World, asset: string, more: string): void {
  appeared.get(world)?.set(asset, more);
}

describe('Approving', () => {
  it('applies a proposal that still follows from the book, though the book has moved under it', async () => {
    const world = await opened();
    world.venue.deposit('USD', amount('400'));
    await world.reconcile();
    const [proposal] = await proposals(world);
    // Another fill moves USD: its version is not the one that the proposal was computed on.
    const order = placeOrder(world.venue, { id: 'meanwhile' });
    await world.report(submittedEvent(order), ...fillEvents(world.venue, order));
    await world.reconcile();
    expect(await decide(world, { kind: 'approveCorrection', correctionId: proposal?.id ?? '' })).toEqual({
      status: 'done',
      reason: 'applied',
    });
    expect(world.booked('USD')).toBe(world.held('USD'));
    expect((await world.reconcile()).status).toBe('reconciled');
  });

  it('refuses what does not follow from the book any more, and proposes what does', async () => {
    const world = await opened();
    world.venue.deposit('USD', amount('400'));
    await world.reconcile();
    const [proposal] = await proposals(world);
    // The bot books it under an id of its own, so that the difference is gone from the book.
    await world.report(deposit(world, 'mine', { asset: 'USD', amount: amount('400') } as Partial<BookEvent>));
    const answer = await decide(world, { kind: 'approveCorrection', correctionId: proposal?.id ?? '' });
    expect(answer.status).toBe('refused');
    expect(answer.reason).toContain('the same correction does not follow from it any more');
    expect(world.booked('USD')).toBe('3400');
    expect(await proposals(world)).toEqual([]);
    expect((await world.reconcile()).status).toBe('reconciled');
  });

  it('refuses what nobody decided on in time, and proposes it anew', async () => {
    const world = await opened({ reconciliation: { approvalTimeLimitMs: 10 * MINUTE_MS } });
    world.venue.deposit('USD', amount('400'));
    await world.reconcile();
    const [proposal] = await proposals(world);
    const correctionId = proposal?.id ?? '';
    expect(proposal?.expiresAtMs).toBe((proposal?.proposedAtMs ?? 0) + 10 * MINUTE_MS);
    await world.pass(11 * MINUTE_MS);
    expect(
      world.events('correctionChanged').filter(({ state }) => state === 'stale' || state === 'proposed'),
    ).toMatchObject([{ state: 'proposed' }, { state: 'stale', by: 'expiry' }]);
    await world.reconcile();
    const [again] = await proposals(world);
    expect(again?.id).toBe(correctionId);
    expect(again?.expiresAtMs).toBeGreaterThan(world.harness.clock.now());
    expect(await decide(world, { kind: 'approveCorrection', correctionId })).toMatchObject({
      status: 'done',
    });
    expect(world.booked('USD')).toBe('3400');
  });

  it('needs a read since the start', async () => {
    const world = await opened({ database: folder.path('unread.sqlite') });
    world.venue.deposit('USD', amount('400'));
    await world.reconcile();
    const [proposal] = await proposals(world);
    world.inject({ kind: 'requestLost' }, '/', 1_000);
    await world.restart();
    const answer = await decide(world, { kind: 'approveCorrection', correctionId: proposal?.id ?? '' });
    expect(answer).toMatchObject({ status: 'refused' });
    expect(answer.reason).toContain('coinbase has not been read since the start');
    expect(world.booked('USD')).toBe('3000');
  });
});

describe('Accepting', () => {
  it('makes the book follow the venue where nobody knows why, and can be reversed to the last digit', async () => {
    const world = await opened();
    appear(world, 'ETH', '0.25');
    await world.reconcile();
    const [found] = await open(world);
    expect(found).toMatchObject({ asset: 'ETH', state: 'unexplained', delta: '0.25' });
    expect(world.isGateOpen('ETH')).toBe(false);
    expect(await decide(world, { kind: 'acceptDiscrepancy', discrepancyId: found?.id ?? '' })).toMatchObject({
      status: 'done',
    });
    expect(world.booked('ETH')).toBe('1.25');
    expect((await world.reconcile()).status).toBe('reconciled');
    expect(world.isGateOpen('ETH')).toBe(true);
    const [correction] = await readCorrections(world.harness.database.db, ['applied']);
    expect(correction).toMatchObject({ decidedBy: 'person:ada' });
    await decide(world, { kind: 'reverseCorrection', correctionId: correction?.id ?? '' });
    expect(world.booked('ETH')).toBe('1');
    await world.reconcile();
    expect(await open(world)).toMatchObject([{ asset: 'ETH', delta: '0.25', reopened: 1 }]);
    expect(await verifyLedger(world.harness.database.db)).toMatchObject({ verified: true });
  });

  it('refuses what the last read does not show', async () => {
    const world = await opened();
    appear(world, 'ETH', '0.25');
    await world.reconcile();
    const [found] = await open(world);
    const discrepancyId = found?.id ?? '';
    await world.report(deposit(world, 'late'));
    expect(await decide(world, { kind: 'acceptDiscrepancy', discrepancyId })).toEqual({
      status: 'refused',
      reason: 'the book has moved since: it had 1 ETH, and has 1.5',
    });
    expect(await decide(world, { kind: 'acceptDiscrepancy', discrepancyId: 'nothing' })).toEqual({
      status: 'refused',
      reason: 'there is no open discrepancy nothing',
    });
  });

  it('withdraws what was proposed for the same, and what a person says of that afterwards is refused', async () => {
    const world = await opened();
    world.venue.deposit('USD', amount('400'));
    await world.reconcile();
    const [proposal] = await proposals(world);
    const [found] = await open(world);
    await decide(world, { kind: 'acceptDiscrepancy', discrepancyId: found?.id ?? '' });
    expect(await proposals(world)).toEqual([]);
    for (const kind of ['rejectCorrection', 'approveCorrection'] as const)
      expect(await decide(world, { kind, correctionId: proposal?.id ?? '' })).toEqual({
        status: 'refused',
        reason: 'it was withdrawn: its time ended, or what it was for has changed',
      });
    expect(world.booked('USD')).toBe('3400');
    expect((await world.reconcile()).status).toBe('reconciled');
  });

  it('leaves no proposal behind for a difference that vanished', async () => {
    const world = await opened();
    world.venue.deposit('USD', amount('400'));
    await world.reconcile();
    expect(await proposals(world)).toHaveLength(1);
    world.venue.withdraw('USD', amount('400'));
    await world.reconcile();
    expect(await proposals(world)).toEqual([]);
    expect(await open(world)).toEqual([]);
    expect(world.events('correctionChanged').at(-1)).toMatchObject({
      state: 'stale',
      reason: 'what it was for has changed',
    });
  });

  it('ends an order that the venue has not got any more, and gives back what it held', async () => {
    const world = await opened();
    const order = placeOrder(world.venue, { id: 'gone', rests: true, limit: '50000' });
    await world.report(submittedEvent(order), {
      type: 'portfolio.orderAccepted',
      eventId: 'gone:accepted',
      venue: 'coinbase',
      atMs: world.harness.clock.now(),
      clientOrderId: 'gone',
      venueOrderId: order.id,
      hold: { asset: 'USD', amount: heldAt(world, 'USD') },
    });
    await world.reconcile();
    expect(await open(world)).toEqual([]);
    world.venue.cancel(order.id);
    await world.reconcile();
    const orderMismatch = (await open(world)).find(({ bucket }) => bucket === 'order');
    expect(orderMismatch).toMatchObject({ class: 'orderMismatch', venueAmount: '0' });
    await decide(world, { kind: 'acceptDiscrepancy', discrepancyId: orderMismatch?.id ?? '' });
    expect((await world.reconcile()).status).toBe('reconciled');
    expect(await open(world)).toEqual([]);
  });
});

const heldAt = (world: World, asset: string) =>
  world.venue.balances().find((balance) => balance.asset === asset)?.hold ?? amount('0');

describe('A fill of an order that the book does not know', () => {
  const strayFill = async (world: World) => {
    const order = placeOrder(world.venue, { id: 'by-hand' });
    await world.report(...fillEvents(world.venue, order));
    return order;
  };

  it('is booked, and closes the gate of its asset until a read confirms it', async () => {
    const world = await opened();
    await strayFill(world);
    expect(world.booked('BTC')).toBe(world.held('BTC'));
    expect(world.isGateOpen('BTC')).toBe(false);
    expect(world.isGateOpen('ETH')).toBe(true);
    await world.pass(SECOND_MS);
    expect((await world.reconcile()).status).toBe('reconciled');
    expect(world.isGateOpen('BTC')).toBe(true);
  });

  it('opens it again when the bot tells of the order', async () => {
    const world = await opened();
    const order = await strayFill(world);
    await world.report(submittedEvent(order));
    expect(world.isGateOpen('BTC')).toBe(true);
  });
});

describe('Messages', () => {
  it.each([
    ['coinbase', 'So11111111111111111111111111111111111111112'],
    ['dydx', 'perpetual:BTC/USD'],
  ])('at %s refuse what it cannot hold: %s', async (venue, asset) => {
    const world = await opened({ others: async (clock, now) => [await dydxBeside(clock, now)] });
    await world.report(deposit(world, 'odd', { venue, asset } as Partial<BookEvent>));
    expect(world.events('bookEventSettled').at(-1)?.outcome).toMatchObject({
      status: 'rejected',
      place: 'asset',
      expected: `an asset that ${venue} can hold`,
      found: asset,
    });
  });
});

describe('Rounds', () => {
  it('follow a fill after the quiet window, and many fills with one', async () => {
    const world = await opened({ reconciliation: { pollIntervalMs: 60 * MINUTE_MS } });
    const before = world.reports().length;
    const orders = ['a', 'b', 'c'].map((id) => placeOrder(world.venue, { id }));
    for (const order of orders) await world.report(submittedEvent(order), ...fillEvents(world.venue, order));
    await world.pass(4 * SECOND_MS);
    expect(world.reports()).toHaveLength(before);
    await world.pass(8 * SECOND_MS);
    expect(world.reports().slice(before)).toMatchObject([{ status: 'reconciled' }]);
    await world.pass(10 * MINUTE_MS);
    expect(world.reports()).toHaveLength(before + 1);
  });

  it('look for an explanation five times in a row, and then every quarter of an hour', async () => {
    const world = await opened({ reconciliation: { pollIntervalMs: MINUTE_MS } });
    appear(world, 'ETH', '0.25');
    await world.pass(66 * MINUTE_MS);
    const asked = world.harness.outputs.filter(
      (output) => output.kind === 'call' && output.method === 'readActivity',
    );
    expect(asked.length).toBeGreaterThanOrEqual(8);
    expect(asked.length).toBeLessThanOrEqual(5 + 5);
    expect(await open(world)).toMatchObject([{ asset: 'ETH', state: 'unexplained' }]);
  });

  it('wait longer for a venue that has shown fills late, also after a restart', async () => {
    let isLate = false;
    const world = await opened({
      database: folder.path('late.sqlite'),
      reconciliation: { pollIntervalMs: 5 * SECOND_MS },
      server: {
        intercept: (answer, { path }) =>
          isLate && path.endsWith('/orders/historical/fills')
            ? { status: 200, body: JSON.stringify({ fills: [], cursor: '' }) }
            : answer,
      },
    });
    const windowMs = () => quietWindowAt(world.harness.service.reading(), 'coinbase');
    expect(windowMs()).toBe(5_000);
    const order = placeOrder(world.venue, { id: 'late' });
    isLate = true;
    await world.report(submittedEvent(order), ...fillEvents(world.venue, order));
    await world.pass(23 * SECOND_MS);
    isLate = false;
    await world.pass(2 * MINUTE_MS);
    expect(windowMs()).toBeGreaterThanOrEqual(23_000);
    expect(windowMs()).toBeLessThanOrEqual(45_000);
    const learned = windowMs();
    await world.restart();
    expect(windowMs()).toBe(learned);
  });

  it('confirm after as many reads as are configured', async () => {
    const world = await opened({ reconciliation: { confirmations: 4 } });
    world.venue.deposit('USD', amount('400'));
    await world.reconcile(MINUTE_MS);
    const [found] = await open(world);
    expect(found).toMatchObject({ agreeingReads: 4 });
    expect((found?.confirmedAtMs ?? 0) - (found?.firstSeenAtMs ?? 0)).toBeGreaterThanOrEqual(3 * 5_000);
    expect(found?.lastAgreedAtMs).toBeLessThan(found?.firstSeenAtMs ?? 0);
  });
});

describe('The dead man’s switch', () => {
  it('closes the gates of a silent venue by itself, and tells whoever listens', async () => {
    const world = await opened({ reconciliation: { gateTimeLimitMs: 120_000, pollIntervalMs: 86_400_000 } });
    expect(world.isGateOpen('BTC')).toBe(true);
    const before = world.events('gateChanged').length;
    const { lastCertifiedAtMs } = world.harness.service.reading().state.venues.get('coinbase') ?? {};
    await world.pass((lastCertifiedAtMs ?? 0) + 120_000 - world.harness.clock.now());
    expect(world.events('gateChanged')).toHaveLength(before);
    await world.pass(1);
    expect(world.isGateOpen('BTC')).toBe(false);
    expect(world.events('gateChanged').slice(before)).toMatchObject(
      ['BTC', 'ETH', 'USD'].map((asset) => ({ asset, state: 'closed' })),
    );
    expect(world.events('venueModeChanged').at(-1)).toMatchObject({ venue: 'coinbase', mode: 'reduceOnly' });
    const reading = world.harness.service.reading();
    expect(isTradableAt(reading, 'coinbase', 'BTC')).toBe(false);
    expect(gatesOf(reading)).toMatchObject([{ venue: 'coinbase', mode: 'reduceOnly', isOpen: false }]);
    await world.reconcile();
    expect(world.isGateOpen('BTC')).toBe(true);
  });

  it('knows of no venue that is not configured', async () => {
    const world = await opened();
    expect(isTradableAt(world.harness.service.reading(), 'nowhere', 'BTC')).toBe(false);
  });
});

describe('What a position was entered at', () => {
  const withDydx = async () => {
    const found: { venue?: Awaited<ReturnType<typeof dydxBeside>>['venue'] } = {};
    const world = await opened({
      others: async (clock, now) => {
        const beside = await dydxBeside(clock, now);
        found.venue = beside.venue;
        return [beside];
      },
    });
    await world.pass(6 * MINUTE_MS);
    if (!found.venue) throw new Error('dYdX is simulated');
    return { world, venue: found.venue };
  };
  const asset = 'perpetual:BTC-USD';
  const entryOf = (world: World) =>
    world.harness.service.reading().state.book.venues.get('dydx')?.entryPrices.get(asset);

  it('is taken from the venue at the opening and follows the fills', async () => {
    const { world, venue } = await withDydx();
    expect(entryOf(world)).toBe('60000');
    const order = venue.submit({
      clientOrderId: '7',
      market: 'BTC-USD',
      side: 'buy',
      quantity: amount('0.1'),
      limitPrice: amount('61000'),
      timeInForce: 'immediateOrCancel',
      reduceOnly: false,
    });
    const [fill] = venue.fills().filter(({ orderId }) => orderId === order.id);
    if (!fill) throw new Error('the order is filled');
    const { id, side, quantity, price, quoteAmount, fee, atMs } = fill;
    await world.report({
      type: 'portfolio.fillReported',
      eventId: 'dydx-fill',
      venue: 'dydx',
      atMs,
      fillId: id,
      clientOrderId: '7',
      market: 'BTC-USD',
      base: asset,
      quote: 'USDC',
      side,
      quantity,
      price,
      quoteAmount,
      fee,
    });
    expect(Number(entryOf(world))).toBeCloseTo((60_000 + Number(price)) / 2, 6);
    await world.pass(6 * MINUTE_MS);
    expect(world.reports('dydx').at(-1)?.status).toBe('reconciled');
  });

  it('is told where the venue has another, closes no gate, and is taken over when a person accepts it', async () => {
    const { world } = await withDydx();
    const { state } = world.harness.service.reading();
    state.book.venues.get('dydx')?.entryPrices.set(asset, amount('55000'));
    await world.pass(6 * MINUTE_MS);
    const [found] = await open(world);
    expect(found).toMatchObject({
      bucket: 'entryPrice',
      asset,
      severity: 'warning',
      bookAmount: '55000',
      venueAmount: '60000',
      state: 'unexplained',
    });
    expect(world.isGateOpen(asset, 'dydx')).toBe(true);
    await decide(world, { kind: 'acceptDiscrepancy', discrepancyId: found?.id ?? '' });
    expect(entryOf(world)).toBe('60000');
    await world.pass(6 * MINUTE_MS);
    expect((await stateOf(world, found?.id ?? '')).state).toBe('closed');
  });
});

describe('Since when book and venue differ', () => {
  test.each([3, 14, 40])('is found among the stored reads, %d rounds ago', async (rounds) => {
    const world = await opened({ reconciliation: { pollIntervalMs: 30 * SECOND_MS } });
    await world.pass(10 * MINUTE_MS);
    const happenedAtMs = world.harness.clock.now();
    appear(world, 'ETH', '0.25');
    await world.pass(rounds * 30 * SECOND_MS + 20 * SECOND_MS);
    const of = { venue: 'coinbase', asset: 'ETH', bucket: 'total' } as const;
    const found = await findFirstDivergence(world.harness.database, of);
    expect(found?.firstDiffered).toMatchObject({ bookAmount: '1', venueAmount: '1.25' });
    expect(found?.lastAgreed).toMatchObject({ bookAmount: '1', venueAmount: '1' });
    expect(found?.lastAgreed?.atMs).toBeLessThanOrEqual(happenedAtMs);
    expect(found?.firstDiffered.atMs).toBeGreaterThanOrEqual(happenedAtMs);
    expect(found?.readsLookedAt).toBeLessThanOrEqual(10);
    expect(await findFirstDivergence(world.harness.database, { ...of, asset: 'BTC' })).toBeNull();
  });
});

describe('Automatic corrections', () => {
  it('are counted and capped as before, with what was learned beside them', async () => {
    const world = await opened({ venue: AUTO });
    placeOrder(world.venue, { id: 'missed' });
    await world.reconcile();
    expect(world.booked('BTC')).toBe(world.held('BTC'));
    expect((await world.reconcile()).status).toBe('reconciled');
  });
});
