import { describe, expect, it } from '@jest/globals';
import { DEFAULT_GROUPS, groupOf } from '../../src/app/asset-groups.ts';

describe('asset groups', () => {
  it.each([
    ['USD', 'CASH'],
    ['USDC', 'CASH'],
    ['EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', 'CASH'],
    ['So11111111111111111111111111111111111111112', 'SOL'],
    ['perpetual:BTC-USD', 'BTC'],
    ['eth', 'ETH'],
    ['BTC', 'BTC'],
    ['USDT', 'USDT'],
    ['constructor', 'constructor'],
  ])('%s counts as %s', (asset, group) => {
    expect(groupOf(DEFAULT_GROUPS, asset)).toBe(group);
  });

  it('lets a contract follow the group of its base, unless it is told its own', () => {
    const groups = { ...DEFAULT_GROUPS, ETH: 'MAJORS', 'perpetual:BTC-USD': 'HEDGE' };
    expect(groupOf(groups, 'perpetual:ETH-USD')).toBe('MAJORS');
    expect(groupOf(groups, 'perpetual:BTC-USD')).toBe('HEDGE');
  });
});
