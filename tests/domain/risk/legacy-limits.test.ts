import { describe, expect, it } from '@jest/globals';
import { LEGACY_DEFAULTS, LEGACY_NAMES, riskLimitsOfLegacy } from '../../../src/domain/risk/legacy-limits.ts';

describe('limits of the earlier design', () => {
  it('become limits where they have a counterpart, and are told with the reason where not', () => {
    const mapped = riskLimitsOfLegacy(LEGACY_DEFAULTS);
    expect(mapped).toMatchObject({
      state: 'mapped',
      limits: {
        maxPositionPct: '40',
        maxLeverage: '1',
        drawdownHalt: { warn: '0.15', halt: '0.25', stops: 'all' },
      },
      madeOne: [],
    });
    if (mapped.state !== 'mapped') return;
    expect(Object.keys(mapped.limits)).toHaveLength(3);
    expect(mapped.withoutCounterpart.map(({ name }) => name).sort()).toEqual([
      'max_avg_correlation',
      'max_correlation_pair',
      'max_strategy_drawdown',
      'min_portfolio_sharpe',
      'min_single_strategy',
      'min_strategy_sharpe',
    ]);
    for (const { reason } of mapped.withoutCounterpart) expect(reason).not.toBe('');
  });

  it('are one number where two names disagree: that of the table', () => {
    expect(riskLimitsOfLegacy({ max_single_strategy: '0.4', MAX_POSITION_PERCENTAGE: '30' })).toMatchObject({
      limits: { maxPositionPct: '40' },
      madeOne: [{ limit: 'maxPositionPct', names: ['max_single_strategy', 'MAX_POSITION_PERCENTAGE'] }],
    });
    expect(riskLimitsOfLegacy({ max_single_strategy: '0.3', MAX_POSITION_PERCENTAGE: '30' })).toMatchObject({
      limits: { maxPositionPct: '30' },
      madeOne: [],
    });
  });

  it('warn of a drawdown no later than they halt for it', () => {
    expect(riskLimitsOfLegacy({ max_portfolio_drawdown: '0.1' })).toMatchObject({
      limits: { drawdownHalt: { warn: '0.1', halt: '0.1' } },
    });
  });

  it.each([
    [
      { max_single_strategy: 0.4 },
      'max_single_strategy',
      'a decimal number as text that is not negative',
      '0.4',
    ],
    [{ slippage: '-1' }, 'slippage', 'a decimal number as text that is not negative', '-1'],
    [{ toString: '1' }, 'toString', `one of ${LEGACY_NAMES.join(', ')}`, 'an unknown name'],
  ])('refuse %j', (legacy, path, expected, found) => {
    expect(riskLimitsOfLegacy(legacy)).toEqual({ state: 'refused', problem: { path, expected, found } });
  });
});
