// Those of the known failure modes of reconciliation that pure functions can show.

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount, ZERO } from '../../../src/domain/money/amount.ts';
import { candidatesFrom } from '../../../src/domain/reconciliation/candidates.ts';
import { decideGates } from '../../../src/domain/reconciliation/gate.ts';
import { inFlightTransfer } from '../../../src/domain/reconciliation/in-flight.ts';
import { reportStatus } from '../../../src/domain/reconciliation/report-status.ts';
import { type UnknownReason, unknown } from '../../../src/domain/venue/observation.ts';
import {
  bookOf,
  compareOf,
  confirmedOf,
  fillOf,
  snapshotOf,
  VENUE,
} from '../../support/reconciliation-fixtures.ts';

describe('failure modes', () => {
  it.each<UnknownReason>([
    'unreachable',
    'timedOut',
    'rateLimited',
    'refused',
    'malformed',
    'incomplete',
    'incoherent',
    'stale',
    'wrongScope',
    'suspectSource',
  ])('5, 6: a read that is %s is inconclusive, and its gates close in time', (reason) => {
    expect(reportStatus(unknown(reason, 'detail'))).toBe('inconclusive');
    expect(reportStatus(unknown(reason, 'detail'), [])).toBe('inconclusive');
    const gates = {
      venue: VENUE,
      isOpened: true,
      nowMs: 301_001,
      timeLimitMs: 300_000,
      discrepancies: [],
      navUsd: null,
    };
    expect(decideGates({ ...gates, lastCertifiedAtMs: 1_000 }).isOpen).toBe(false);
  });

  it('9: available, hold and total are told apart', () => {
    const found = (book: string, venue: string) =>
      compareOf({ USDC: book }, { USDC: venue }).differences.map(
        ({ bucket, class: c, delta }) => `${bucket} ${c} ${delta}`,
      );
    expect(found('100/40', '100/40')).toEqual([]);
    expect(found('100', '60')).toEqual(['total quantityMismatch -40']);
    expect(found('100', '100/40')).toEqual(['hold holdMismatch 40']);
    expect(found('60', '100/40')).toEqual(['total quantityMismatch 40']);
  });

  it('11: differences are exact to the last of eighteen decimals and at 1e27', () =>
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 45n }),
        fc.bigInt({ min: 1n, max: 10n ** 20n }),
        (held, more) => {
          const shown = (atoms: bigint) => {
            const digits = String(atoms).padStart(19, '0');
            return amount(`${digits.slice(0, -18)}.${digits.slice(-18)}`);
          };
          const [found] = compareOf({ XYZ: shown(held) }, { XYZ: shown(held + more) }).differences;
          expect(found?.delta).toBe(shown(more));
        },
      ),
    ));

  it('16: unsettled funding that comes and goes never becomes a discrepancy of cash', () => {
    for (const owed of ['3.2', '-1.1', '0']) {
      const snapshot = snapshotOf({ USDC: '100' }, { accrued: [{ asset: 'USDC', amount: owed }] });
      expect(confirmedOf({ USDC: '100' }, { USDC: '100' }, { snapshot })).toEqual([]);
    }
  });

  it('16: whatever is owed on either side, the differences of cash are the same', () => {
    const micros = fc.integer({ min: -10_000_000, max: 10_000_000 });
    const shown = (value: number) => amount((value / 1e6).toFixed(6));
    const differences = (held: string, atVenue: string, owedToBook: string, owedAtVenue: string) => {
      const holdings = bookOf({ USDC: held }).holdings.map((one) => ({
        ...one,
        accrued: amount(owedToBook),
      }));
      const snapshot = snapshotOf({ USDC: atVenue }, { accrued: [{ asset: 'USDC', amount: owedAtVenue }] });
      return compareOf({}, {}, { book: bookOf({}, { holdings }), snapshot }).differences;
    };
    fc.assert(
      fc.property(micros, micros, micros, (delta, a, b) => {
        const atVenue = add(amount('100'), shown(delta));
        const apart = differences('100', atVenue, '0', '0');
        expect(differences('100', atVenue, shown(a), shown(b))).toEqual(apart);
        if (delta === 0) expect(apart).toEqual([]);
      }),
    );
  });

  it.each([
    ['USDC', { USDC: '939.64', BTC: '0.001' }],
    ['BTC', { USDC: '940', BTC: '-0.359' }],
    ['SOL', { USDC: '940', BTC: '0.001', SOL: '-0.36' }],
  ])('19: a fee in %s is a leg of its own', (asset, expected) => {
    const fill = fillOf({ fee: { asset, amount: amount('0.36') } });
    const [candidate] = candidatesFrom({
      venue: VENUE,
      fills: [fill],
      activity: null,
      recentVenueIds: new Set(),
      recentSinceMs: 0,
      openedAtMs: null,
      fillsSinceMs: null,
      bookTransactions: [],
      differences: [],
      holdings: [],
      accrued: [],
      transfersInTransit: [],
      wrappedPairs: [],
      observedAtMs: 1_000_000,
    });
    const after = new Map([['USDC', amount('1000')]]);
    for (const delta of candidate?.deltas ?? [])
      after.set(delta.asset, add(after.get(delta.asset) ?? ZERO, delta.amount));
    expect(Object.fromEntries(after)).toEqual(expected);
    expect(candidate?.movement.movements.find(({ from }) => from === 'fee')).toMatchObject({
      asset,
      amount: '-0.36',
    });
  });

  it('20: an asset without a price is frozen, is never worth nothing, and leaves the others as they are', () => {
    const discrepancies = confirmedOf({ XYZ: '5', ETH: '1' }, { XYZ: '4', ETH: '1' });
    expect(discrepancies.map(({ asset, state, valueUsd }) => [asset, state, valueUsd])).toEqual([
      ['XYZ', 'confirmed', null],
    ]);
    const gates = decideGates({
      venue: VENUE,
      isOpened: true,
      lastCertifiedAtMs: 1,
      nowMs: 2,
      timeLimitMs: 10,
      discrepancies,
      navUsd: amount('1000'),
      assets: ['ETH'],
    });
    expect(gates.assets.map(({ asset, isOpen }) => [asset, isOpen])).toEqual([
      ['ETH', true],
      ['XYZ', false],
    ]);
  });

  it('24: a transfer in transit is pending until its deadline, and a deposit that nobody made closes its asset', () => {
    const inFlight = [
      inFlightTransfer({ transferId: 't', asset: 'SOL', amount: amount('4'), deadlineAtMs: 1_500_000 }),
    ];
    const status = (observedAtMs: number) =>
      reportStatus(
        compareOf({ SOL: '1' }, {}, { inFlight, snapshot: snapshotOf({ SOL: '5' }, {}, observedAtMs) }),
      );
    expect([status(1_500_000), status(1_500_001)]).toEqual(['pending', 'discrepant']);
    const discrepancies = confirmedOf({ SOL: '1' }, { SOL: '5' });
    const gates = decideGates({
      venue: VENUE,
      isOpened: true,
      lastCertifiedAtMs: 1,
      nowMs: 2,
      timeLimitMs: 10,
      discrepancies,
      navUsd: amount('1000000'),
    });
    expect(gates.assets).toMatchObject([{ asset: 'SOL', isOpen: false }]);
  });

  it('25: a difference below zero raises what a difference above zero raises', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 499 }), (change) => {
        const [loss] = compareOf({ SOL: '1000' }, { SOL: String(1000 - change) }).differences;
        const [surplus] = compareOf({ SOL: '1000' }, { SOL: String(1000 + change) }).differences;
        expect([loss?.class, loss?.severity, loss?.valueUsd]).toEqual([
          surplus?.class,
          surplus?.severity,
          surplus?.valueUsd,
        ]);
      }),
    ));

  it('25: a reconciler that has fallen silent closes every gate', () => {
    const gates = {
      venue: VENUE,
      isOpened: true,
      lastCertifiedAtMs: 0,
      timeLimitMs: 10,
      discrepancies: [],
      navUsd: null,
    };
    expect(decideGates({ ...gates, nowMs: 10 }).isOpen).toBe(true);
    expect(decideGates({ ...gates, nowMs: 11 })).toMatchObject({ isOpen: false, mode: 'reduceOnly' });
  });
});
