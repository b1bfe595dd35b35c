import { describe, expect, it } from '@jest/globals';
import { findMarketlessTarget } from '../../../src/domain/targets/find-marketless-target.ts';

const GROUPS = { BTC: 'BTC', 'perpetual:BTC-USD': 'BTC', WBTC: 'BTC', USDC: 'CASH', stSOL: 'SOL' };

describe('a target without a market', () => {
  it.each<[string, Record<string, number>, readonly string[], string | null]>([
    [
      'is none where each group has one',
      { BTC: 600_000, SOL: 400_000 },
      ['perpetual:BTC-USD', 'stSOL'],
      null,
    ],
    ['is named', { BTC: 600_000, SOL: 400_000 }, ['BTC'], 'targets.SOL'],
    ['is named first by its name', { Z: 1, ETH: 599_999, SOL: 400_000 }, ['BTC'], 'targets.ETH'],
    ['is never cash', { CASH: 1_000_000 }, [], null],
    ['is none where nothing is wanted of it', { BTC: 0, CASH: 1_000_000 }, [], null],
    ['is an asset that is its own group', { DOGE: 1_000_000 }, ['DOGE'], null],
    ['is an asset whose group goes by another name', { WBTC: 1_000_000 }, ['WBTC'], 'targets.WBTC'],
    ['is one whose name every object has', { constructor: 1_000_000 }, ['toString'], 'targets.constructor'],
  ])('%s', (_, targets, markets, path) => {
    const problem = findMarketlessTarget(targets, { groups: GROUPS, markets });
    expect(problem?.path ?? null).toBe(path);
  });

  it('says how much of the portfolio would stay out', () => {
    expect(findMarketlessTarget({ SOL: 400_000, CASH: 600_000 }, { groups: {}, markets: [] })).toEqual({
      path: 'targets.SOL',
      expected: 'an asset that some venue has a market of',
      found: 'no market for a weight of 0.4',
    });
  });
});
