import { describe, expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import type { UnassignedPolicy } from '../../../src/domain/strategies/unassigned-policy.ts';
import { withUnassigned } from '../../../src/domain/strategies/unassigned-targets.ts';

const TARGETS = { BTC: 600_000, CASH: 400_000 };
const HELD = [
  { asset: 'BTC', quantity: amount('1') },
  { asset: 'USD', quantity: amount('100') },
  { asset: 'SOL', quantity: amount('2') },
  { asset: 'SOL', quantity: amount('3') },
  { asset: 'AIRDROP', quantity: amount('1000') },
  { asset: 'SHORT', quantity: amount('-1') },
];

const by = (policy: UnassignedPolicy, held = HELD) =>
  withUnassigned(TARGETS, held, {
    policy,
    strategies: [{ id: 'trend', weightPpm: 600_000, mixPpm: { BTC: 1_000_000 } }],
    groupOf: (asset) => (asset === 'USD' ? 'CASH' : asset),
    isTraded: (group) => group !== 'AIRDROP',
    stepOf: () => amount('0.1'),
  });

describe('holdings that no target names', () => {
  it('stay outside of the plan under the policy hold', () => {
    const { targets, decisions } = by('hold');
    expect(targets).toEqual(TARGETS);
    expect(decisions.map(({ asset, action }) => [asset, action])).toEqual([
      ['AIRDROP', 'hold'],
      ['SHORT', 'hold'],
      ['SOL', 'hold'],
    ]);
  });

  it('are sold by a target of zero where a market takes them, and are held where none does', () => {
    const { targets, decisions } = by('sell');
    expect(targets).toEqual({ ...TARGETS, SOL: 0 });
    expect(decisions).toEqual([
      { action: 'hold', asset: 'AIRDROP', quantity: '1000', reason: 'no market to sell it at has a price' },
      { action: 'hold', asset: 'SHORT', quantity: '-1', reason: 'more has left than was unassigned' },
      { action: 'sell', asset: 'SOL', quantity: '5' },
    ]);
  });

  it('are adopted by nobody who does not want them', () => {
    const { targets, decisions } = by('adopt');
    expect(targets).toEqual(TARGETS);
    expect(decisions.find(({ asset }) => asset === 'SOL')).toEqual({
      action: 'hold',
      asset: 'SOL',
      quantity: '5',
      reason: 'no strategy wants it',
    });
  });
});
