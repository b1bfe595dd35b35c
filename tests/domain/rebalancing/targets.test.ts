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

  const anyWeights = fc.array(fc.integer({ min: -100_000, max: 500_000 }), { minLength: 1, maxLength: 8 });
  const named = (parts: readonly number[]) =>
    Object.fromEntries(parts.map((ppm, index) => [`A${index}`, weightFraction(ppm)]));
  const totalOf = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);

  it('weights that are accepted sum to exactly 1 000 000, cash included, and none is negative', () => {
    fc.assert(
      fc.property(anyWeights, fc.boolean(), (parts, isCompleted) => {
        const rest = WEIGHT_TOTAL_PPM - totalOf(parts);
        const parsed = parseTargets(
          isCompleted ? { ...named(parts), [CASH]: weightFraction(rest) } : named(parts),
        );
        const isRight = parts.every((part) => part >= 0) && (isCompleted ? rest >= 0 : rest === 0);
        expect([parts, parsed.state]).toEqual([parts, isRight ? 'parsed' : 'refused']);
        if (parsed.state !== 'parsed') return;
        const accepted = Object.values(parsed.targets);
        expect(totalOf(accepted)).toBe(1_000_000);
        expect(accepted.every((ppm) => Number.isSafeInteger(ppm) && ppm >= 0)).toBe(true);
      }),
    );
  });

  it('nothing is renormalised: weights that do not sum to one are refused', () => {
    const anyParts = fc.array(fc.nat(400_000), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyParts, fc.integer({ min: -20, max: 20 }), (parts, off) => {
        const rest = WEIGHT_TOTAL_PPM - totalOf(parts) + off;
        fc.pre(rest >= 0);
        const parsed = parseTargets({ ...named(parts), [CASH]: weightFraction(rest) });
        if (off === 0) {
          const targets = Object.fromEntries(parts.map((ppm, index) => [`A${index}`, ppm]));
          expect(parsed).toEqual({ state: 'parsed', targets: { ...targets, [CASH]: rest } });
        } else {
          const found = weightFraction(WEIGHT_TOTAL_PPM + off);
          expect(parsed).toMatchObject({ state: 'refused', problem: { path: 'targets', found } });
        }
      }),
    );
  });
});
