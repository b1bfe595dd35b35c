import { describe, expect, it } from '@jest/globals';
import { ALL_REQUIRED } from '../../../src/domain/risk/assessment.ts';
import { weightCaps } from '../../../src/domain/risk/clip-targets.ts';
import { mendableBreaches } from '../../../src/domain/risk/mendable-breaches.ts';
import { known, missing } from '../../../src/domain/risk/risk-state.ts';
import { a, stateOf, unitVenue } from './risk-fixtures.ts';

const state = stateOf([unitVenue('v', 400, { A: 500, B: 100 })]);

describe('limits that trading can mend', () => {
  it('are told with what they are and may be', () => {
    expect(mendableBreaches(state, { maxPositionPct: a(40) }, ALL_REQUIRED)).toEqual(
      known([{ limit: 'maxPositionPct of A', value: '50', bound: '40', group: 'A' }]),
    );
    expect(mendableBreaches(state, { minCashUsd: a(500) }, ALL_REQUIRED)).toMatchObject({
      value: [
        { limit: 'minCashUsd of v', group: null },
        { limit: 'minCashUsd of the portfolio', value: '400', bound: '500' },
      ],
    });
  });

  it('are none where every one holds, whatever else is broken', () => {
    const limits = { maxPositionPct: a(60), maxVenuePct: a(60), minimumBalanceUsd: a(5_000) };
    expect(mendableBreaches(state, limits, ALL_REQUIRED)).toEqual(known([]));
  });

  it('are unknown where one that counts cannot be evaluated, unless another is broken', () => {
    const unclear = { ...state, clusters: missing('which assets move together') };
    const limits = { maxClusterPct: a(60), maxPositionPct: a(60) };
    expect(mendableBreaches(unclear, limits, ALL_REQUIRED)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('which assets move together'),
    });
    expect(mendableBreaches(unclear, limits, (limit) => limit !== 'maxClusterPct')).toEqual(known([]));
    expect(mendableBreaches(unclear, { ...limits, maxPositionPct: a(40) }, ALL_REQUIRED)).toMatchObject({
      state: 'known',
      value: [{ group: 'A' }],
    });
  });
});

describe('the most that limits allow of a group', () => {
  it('is its cap less a lot, and everything where there is none', () => {
    const targets = { A: 400_000, B: 200_000, CASH: 400_000 };
    expect(weightCaps(targets, state, { maxPositionPct: a(45) })).toEqual({
      A: 449_990,
      B: 449_990,
      CASH: 1_000_000,
    });
    expect(weightCaps(targets, state, {})).toEqual({ A: 1_000_000, B: 1_000_000, CASH: 1_000_000 });
  });
});
