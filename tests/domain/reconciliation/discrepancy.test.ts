import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import { advanceDiscrepancies } from '../../../src/domain/reconciliation/advance-discrepancies.ts';
import { type Discrepancy, moveDiscrepancy } from '../../../src/domain/reconciliation/discrepancy.ts';
import { inFlightOrder } from '../../../src/domain/reconciliation/in-flight.ts';
import { reportStatus } from '../../../src/domain/reconciliation/report-status.ts';
import { compareOf, orderOf, QUIET_MS, readAt, snapshotOf } from '../../support/reconciliation-fixtures.ts';

const T0 = 1_000_000;

/** Reads of a venue whose book holds 10 ETH: what it shows, and how long after the read before. */
function readAll(
  reads: readonly (readonly [afterMs: number, eth: string])[],
  more: Parameters<typeof compareOf>[2] = {},
) {
  let discrepancies: readonly Discrepancy[] = [];
  let atMs = T0;
  const changes: string[] = [];
  for (const [afterMs, eth] of reads) {
    atMs += afterMs;
    const comparison = compareOf(
      { ETH: '10' },
      {},
      { ...more, snapshot: snapshotOf({ ETH: eth }, {}, atMs) },
    );
    const advanced = advanceDiscrepancies(discrepancies, comparison, readAt(atMs));
    discrepancies = advanced.discrepancies;
    changes.push(
      ...advanced.changes.map(
        ({ from, to, isSilent }) => `${from ?? 'new'}>${to}${isSilent ? ' (silent)' : ''}`,
      ),
    );
  }
  return { discrepancies, changes, states: discrepancies.map(({ state }) => state) };
}

describe('advanceDiscrepancies', () => {
  it.each<[string, readonly (readonly [number, string])[], readonly string[]]>([
    ['is suspected at first sight', [[0, '9']], ['new>suspected (silent)']],
    [
      'is confirmed by a second read a quiet window later',
      [
        [0, '9'],
        [QUIET_MS, '9'],
      ],
      ['new>suspected (silent)', 'suspected>confirmed'],
    ],
    [
      'is not confirmed by a read too soon',
      [
        [0, '9'],
        [QUIET_MS - 1, '9'],
      ],
      ['new>suspected (silent)'],
    ],
    [
      'is not confirmed by the same read again',
      [
        [0, '9'],
        [0, '9'],
      ],
      ['new>suspected (silent)'],
    ],
    [
      'is confirmed by a third read when the second came too soon',
      [
        [0, '9'],
        [1, '9'],
        [QUIET_MS, '9'],
      ],
      ['new>suspected (silent)', 'suspected>confirmed'],
    ],
    [
      'starts over when the delta changes',
      [
        [0, '9'],
        [QUIET_MS, '8'],
        [QUIET_MS, '8'],
      ],
      ['new>suspected (silent)', 'suspected>suspected (silent)', 'suspected>confirmed'],
    ],
    [
      'closes silently when a suspicion vanishes',
      [
        [0, '9'],
        [QUIET_MS, '10'],
      ],
      ['new>suspected (silent)', 'suspected>closed (silent)'],
    ],
    [
      'closes aloud when a confirmed one settles',
      [
        [0, '9'],
        [QUIET_MS, '9'],
        [1, '10'],
      ],
      ['new>suspected (silent)', 'suspected>confirmed', 'confirmed>closed'],
    ],
    [
      'reopens when it returns',
      [
        [0, '9'],
        [QUIET_MS, '9'],
        [1, '10'],
        [1, '9'],
      ],
      ['new>suspected (silent)', 'suspected>confirmed', 'confirmed>closed', 'closed>suspected'],
    ],
  ])('%s', (_, reads, expected) => {
    expect(readAll(reads).changes).toEqual(expected);
  });

  it('is another one when it returns with another delta', () => {
    const { discrepancies } = readAll([
      [0, '9'],
      [QUIET_MS, '9'],
      [1, '10'],
      [1, '8'],
    ]);
    expect(discrepancies.map(({ state, delta }) => `${state} ${delta}`)).toEqual([
      'closed -1',
      'suspected -2',
    ]);
  });

  it('flags an oscillation from A to B and back to A', () => {
    const isFlagged = (reads: readonly (readonly [number, string])[]) =>
      readAll(reads).discrepancies.some((d) => d.isOscillating);
    expect(
      isFlagged([
        [0, '9'],
        [QUIET_MS, '9'],
        [1, '10'],
        [1, '9'],
      ]),
    ).toBe(true);
    expect(
      isFlagged([
        [0, '9'],
        [1, '8'],
        [1, '9'],
      ]),
    ).toBe(true);
    expect(
      isFlagged([
        [0, '9'],
        [1, '8'],
        [1, '7'],
      ]),
    ).toBe(false);
  });

  it('stays suspected while an order of unknown outcome may account for it, and is confirmed when a live order no longer does', () => {
    const order = orderOf({ base: 'ETH', side: 'sell', quantity: amount('5') });
    const reads = [
      [0, '9'],
      [QUIET_MS, '9'],
      [600_000, '9'],
    ] as const;
    const awaiting = readAll(reads, { inFlight: [inFlightOrder(order, 'orderOfUnknownOutcome', T0)] });
    expect(awaiting.states).toEqual(['suspected']);
    const deadline = readAll(reads.slice(0, 2), {
      inFlight: [inFlightOrder(order, 'liveOrder', T0 + QUIET_MS)],
    });
    expect(deadline.states).toEqual(['suspected']);
  });

  it('says pending of a suspicion and discrepant of what is confirmed', () => {
    const comparison = compareOf({ ETH: '10' }, { ETH: '9' });
    expect(reportStatus(comparison, readAll([[0, '9']]).discrepancies)).toBe('pending');
    expect(
      reportStatus(
        comparison,
        readAll([
          [0, '9'],
          [QUIET_MS, '9'],
        ]).discrepancies,
      ),
    ).toBe('discrepant');
    expect(reportStatus(compareOf({}, {}), [])).toBe('reconciled');
  });

  it('needs as many reads as are asked for, and counts those that agree', () => {
    let discrepancies: readonly Discrepancy[] = [];
    const seen: string[] = [];
    for (let read = 0; read < 5; read += 1) {
      const atMs = T0 + read * QUIET_MS;
      const snapshot = snapshotOf({ ETH: '9' }, {}, atMs);
      const comparison = compareOf({ ETH: '10' }, {}, { snapshot });
      const context = readAt(atMs, { confirmations: 4, previousReadAtMs: atMs - QUIET_MS });
      discrepancies = advanceDiscrepancies(discrepancies, comparison, context).discrepancies;
      seen.push(discrepancies.map(({ state, agreeingReads }) => `${state} ${agreeingReads}`).join());
    }
    expect(seen).toEqual(['suspected 1', 'suspected 2', 'suspected 3', 'confirmed 4', 'confirmed 5']);
    expect(discrepancies).toMatchObject([
      { lastAgreedAtMs: T0 - QUIET_MS, sources: ['https://venue.example'], explanationsTried: 0 },
    ]);
  });

  it('begins anew where what a person accepted comes back', () => {
    const [confirmed] = readAll([
      [0, '9'],
      [QUIET_MS, '9'],
    ]).discrepancies;
    const accepted = moveDiscrepancy(confirmed as Discrepancy, 'accepted', { resolution: 'accepted' });
    const atMs = T0 + 2 * QUIET_MS;
    const comparison = compareOf({ ETH: '10' }, {}, { snapshot: snapshotOf({ ETH: '9' }, {}, atMs) });
    expect(advanceDiscrepancies([accepted], comparison, readAt(atMs)).discrepancies).toMatchObject([
      { state: 'suspected', reopened: 1, resolution: null },
    ]);
  });

  it('leaves the discrepancies of other venues alone', () => {
    const [mine] = readAll([[0, '9']]).discrepancies;
    const theirs = { ...mine, id: 'theirs', venue: 'other' } as Discrepancy;
    const { discrepancies, changes } = advanceDiscrepancies([theirs], compareOf({}, {}), readAt(T0));
    expect(discrepancies).toEqual([theirs]);
    expect(changes).toEqual([]);
  });
});

describe('moveDiscrepancy', () => {
  it('refuses a step that its life does not have', () => {
    const [suspected] = readAll([[0, '9']]).discrepancies;
    expect(() => moveDiscrepancy(suspected as Discrepancy, 'corrected')).toThrow(/goes from suspected/);
    const [confirmed] = readAll([
      [0, '9'],
      [QUIET_MS, '9'],
    ]).discrepancies;
    const explained = moveDiscrepancy(confirmed as Discrepancy, 'explained', {
      cause: 'missedFill',
      explanation: 'unique',
    });
    expect(moveDiscrepancy(explained, 'corrected', { resolution: 'corrected' })).toMatchObject({
      state: 'corrected',
      cause: 'missedFill',
    });
  });
});

describe('invariants of the life of a discrepancy', () => {
  const reads = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 2 * QUIET_MS }), fc.constantFrom('10', '9', '8')),
    { maxLength: 12 },
  );

  it('1. Nothing is confirmed by one read: it takes two, at least one quiet window apart, that agree on the delta.', () =>
    fc.assert(
      fc.property(reads, (all) => {
        for (const { state, confirmedAtMs, deltaSinceMs, lastSeenAtMs } of readAll(all).discrepancies) {
          if (state === 'confirmed')
            expect((confirmedAtMs ?? 0) - deltaSinceMs).toBeGreaterThanOrEqual(QUIET_MS);
          if (state === 'confirmed') expect(lastSeenAtMs - deltaSinceMs).toBeGreaterThanOrEqual(QUIET_MS);
        }
      }),
    ));

  it('2. The same inputs give the same ids.', () =>
    fc.assert(
      fc.property(reads, (all) => {
        const ids = readAll(all).discrepancies.map(({ id }) => id);
        expect(readAll(all).discrepancies.map(({ id }) => id)).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    ));

  it('3. A discrepancy never leaves the list; it ends in a state that says how.', () =>
    fc.assert(
      fc.property(reads, fc.integer({ min: 0, max: 12 }), (all, cut) => {
        const before = readAll(all.slice(0, cut)).discrepancies.map(({ id }) => id);
        const after = readAll(all).discrepancies;
        expect(before.every((id) => after.some((d) => d.id === id))).toBe(true);
        expect(after.every(({ state, resolution }) => (state === 'closed') === (resolution !== null))).toBe(
          true,
        );
      }),
    ));

  it('4. A discrepancy whose delta changes starts over: what was said of the old delta is not said of the new one.', () => {
    const { discrepancies } = readAll([
      [0, '9'],
      [QUIET_MS, '9'],
    ]);
    const explained = discrepancies.map((d) =>
      moveDiscrepancy(d, 'explained', { cause: 'missedFill', explanation: 'unique' }),
    );
    const comparison = compareOf(
      { ETH: '10' },
      {},
      { snapshot: snapshotOf({ ETH: '8' }, {}, T0 + 2 * QUIET_MS) },
    );
    const [started] = advanceDiscrepancies(explained, comparison, readAt(T0 + 2 * QUIET_MS)).discrepancies;
    expect(started).toMatchObject({
      state: 'suspected',
      cause: null,
      explanation: null,
      delta: '-2',
      confirmedAtMs: null,
    });
  });
});
