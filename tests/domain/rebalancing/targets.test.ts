import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CASH,
  parseTargets,
  WEIGHT_TOTAL_PPM,
  weightFraction,
} from '../../../src/domain/rebalancing/targets.ts';

describe('target weights', () => {
  it('reads decimal weights as whole millionths that sum to one', () => {
    expect(parseTargets({ BTC: '0.35', ETH: '0.25', SOL: '0.2', CASH: '0.20' })).toEqual({
      state: 'parsed',
      targets: { BTC: 350_000, ETH: 250_000, SOL: 200_000, CASH: 200_000 },
    });
  });

  it('adds the weights of assets that stand for the same thing', () => {
    const groupOf = (asset: string) => (asset.startsWith('USD') ? CASH : asset);
    expect(parseTargets({ BTC: '0.7', USD: '0.1', USDC: '0.2' }, groupOf)).toEqual({
      state: 'parsed',
      targets: { BTC: 700_000, CASH: 300_000 },
    });
  });

  it.each([
    [{ BTC: '-0.1', CASH: '1.1' }, 'targets.BTC', '-0.1'],
    [{ BTC: 'NaN', CASH: '1' }, 'targets.BTC', 'NaN'],
    [{ BTC: Number.NaN, CASH: '1' }, 'targets.BTC', 'NaN'],
    [{ BTC: 0.5, CASH: '0.5' }, 'targets.BTC', '0.5'],
    [{ BTC: '0.3333333', CASH: '0.6666667' }, 'targets.BTC', '0.3333333'],
    [{ BTC: '0.5', CASH: '0.4' }, 'targets', '0.9'],
    [{}, 'targets', '0'],
  ])('refuses %j with its place and what was found', (weights, path, found) => {
    const parsed = parseTargets(weights);
    expect(parsed).toMatchObject({ state: 'refused', problem: { path, found } });
  });

  it('accepts exactly the weights that sum to one and gives them back unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 8 }), (parts) => {
        const total = parts.reduce((sum, part) => sum + part, 0);
        const weights = Object.fromEntries(parts.map((ppm, index) => [`A${index}`, weightFraction(ppm)]));
        const rest = WEIGHT_TOTAL_PPM - total;
        const parsed = parseTargets(rest > 0 ? { ...weights, CASH: weightFraction(rest) } : weights);
        if (rest < 0) return parsed.state === 'refused';
        if (parsed.state !== 'parsed') return false;
        return Object.values(parsed.targets).reduce((sum, ppm) => sum + ppm, 0) === WEIGHT_TOTAL_PPM;
      }),
    );
  });
});
