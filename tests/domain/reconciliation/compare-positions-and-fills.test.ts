import { describe, expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import { compareEntryPrices } from '../../../src/domain/reconciliation/compare-entry-prices.ts';
import { explainDiscrepancies } from '../../../src/domain/reconciliation/explain.ts';
import { decideGates } from '../../../src/domain/reconciliation/gate.ts';
import { youngFills } from '../../../src/domain/reconciliation/in-flight.ts';
import { reportStatus } from '../../../src/domain/reconciliation/report-status.ts';
import type { Position } from '../../../src/domain/venue/venue.ts';
import {
  bookOf,
  compareOf,
  confirmedOf,
  fillOf,
  QUIET_MS,
  snapshotOf,
  VENUE,
} from '../../support/reconciliation-fixtures.ts';

const ASSET = 'perpetual:BTC-USD';
const position = (size: string, entryPrice: string): Position => ({
  market: 'BTC-USD',
  side: size.startsWith('-') ? 'short' : 'long',
  size: amount(size),
  entryPrice: amount(entryPrice),
});
const believing = (size: string, entryPrice: string | null) =>
  bookOf(
    { [ASSET]: size },
    { entryPrices: entryPrice === null ? new Map() : new Map([[ASSET, amount(entryPrice)]]) },
  );

describe('entry prices', () => {
  it.each([
    ['are the same', '0.5', '60000', '0.5', '60000', 0],
    ['differ by less than a ten-thousandth', '0.5', '60000', '0.5', '60005.9', 0],
    ['differ by more', '0.5', '60000', '0.5', '60006.1', 1],
    ['differ for a short', '-0.5', '60000', '-0.5', '61000', 1],
    ['are of another size: that is told as the size', '0.4', '60000', '0.5', '61000', 0],
  ])('%s', (_, size, believed, heldSize, entered, found) => {
    expect(compareEntryPrices(believing(size, believed), [position(heldSize, entered)])).toHaveLength(found);
  });

  it('are not compared where the book does not know its own', () => {
    expect(compareEntryPrices(believing('0.5', null), [position('0.5', '61000')])).toEqual([]);
  });

  it('are told as a warning, explained by nothing, and close no gate', () => {
    const book = believing('0.5', '60000');
    const snapshot = snapshotOf({}, { positions: [position('0.5', '61000')] });
    const { differences } = compareOf({}, {}, { book, snapshot });
    expect(differences).toMatchObject([
      { bucket: 'entryPrice', class: 'positionMismatch', severity: 'warning', delta: '1000', valueUsd: null },
    ]);
    const discrepancies = confirmedOf({}, {}, { book, snapshot });
    expect(discrepancies).toMatchObject([{ state: 'confirmed', bucket: 'entryPrice' }]);
    expect(explainDiscrepancies({ venue: VENUE, discrepancies, differences, candidates: [] })).toMatchObject([
      { verdict: 'none', events: [] },
    ]);
    const decision = decideGates({
      venue: VENUE,
      isOpened: true,
      lastCertifiedAtMs: 1,
      nowMs: 2,
      timeLimitMs: 10,
      discrepancies,
      navUsd: amount('1'),
    });
    expect(reportStatus(compareOf({}, {}, { book, snapshot }), discrepancies)).toBe('reconciled');
    expect(decision).toMatchObject({ mode: 'active', assets: [{ asset: ASSET, isOpen: true }] });
  });
});

describe('young fills', () => {
  const atMs = 1_000_000;
  const young = fillOf({ id: 'young', atMs: atMs - QUIET_MS + 1 });
  const old = fillOf({ id: 'old', atMs: atMs - QUIET_MS });
  const deltas = [
    { asset: 'BTC', amount: amount('0.001') },
    { asset: 'USDC', amount: amount('-60.36') },
  ];

  it('excuse what the book does not know yet, until they are a quiet window old', () => {
    const snapshot = snapshotOf({ BTC: '1.001', USDC: '939.64' }, { fills: [young] }, atMs);
    const inFlight = youngFills(snapshot, bookOf({}), QUIET_MS);
    expect(inFlight).toMatchObject([{ kind: 'youngFill', reference: 'young', deadlineAtMs: atMs + 1 }]);
    const { differences } = compareOf({ BTC: '1', USDC: '1000' }, {}, { snapshot, inFlight });
    expect(differences.map((difference) => difference.class)).toEqual(['pending', 'pending']);
    expect(youngFills(snapshotOf({}, { fills: [old] }, atMs), bookOf({}), QUIET_MS)).toEqual([]);
  });

  it('excuse what the venue does not show yet', () => {
    const recentFills = new Map([
      ['young', { atMs: young.atMs, deltas }],
      ['old', { atMs: old.atMs, deltas }],
    ]);
    const book = bookOf({ BTC: '1.001', USDC: '939.64' }, { recentFills });
    const snapshot = snapshotOf({ BTC: '1', USDC: '1000' }, {}, atMs);
    const inFlight = youngFills(snapshot, book, QUIET_MS);
    expect(inFlight.map(({ reference }) => reference)).toEqual(['young']);
    const { differences } = compareOf({}, {}, { book, snapshot, inFlight });
    expect(differences.map((difference) => difference.class)).toEqual(['pending', 'pending']);
  });

  it('excuse nothing once both sides have them, and nothing larger than they are', () => {
    const recentFills = new Map([['young', { atMs: young.atMs, deltas }]]);
    const book = bookOf({}, { recentFills, recentVenueIds: new Set(['young']) });
    expect(youngFills(snapshotOf({}, { fills: [young] }, atMs), book, QUIET_MS)).toEqual([]);
    const snapshot = snapshotOf({ BTC: '1.002' }, { fills: [young] }, atMs);
    const inFlight = youngFills(snapshot, bookOf({}), QUIET_MS);
    const [found] = compareOf({ BTC: '1' }, {}, { snapshot, inFlight }).differences;
    expect(found?.class).toBe('quantityMismatch');
  });
});
