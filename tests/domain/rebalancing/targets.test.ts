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

  it.each([
    ['normalize', { BTC: '3', ETH: '2', CASH: '5' }, { BTC: 300_000, ETH: 200_000, CASH: 500_000 }],
    ['normalize', { A: '1', B: '1', C: '1' }, { A: 333_334, B: 333_333, C: 333_333 }],
    ['legacyCompat', { A: '0.333', B: '0.333', C: '0.333' }, { A: 333_334, B: 333_333, C: 333_333 }],
    ['legacyCompat', { A: 0.25, B: 0.75 }, { A: 250_000, B: 750_000 }],
    ['legacyCompat', { A: 1 / 3, B: 2 / 3 }, { A: 333_333, B: 666_667 }],
    ['legacyCompat', { A: '1.001' }, { A: 1_000_000 }],
  ] as const)('scales weights to one when it is told to: %s %j', (rule, weights, targets) => {
    expect(parseTargets(weights, undefined, rule)).toEqual({ state: 'parsed', targets });
  });

  it.each([
    ['normalize', { A: '0' }, 'targets', '0'],
    ['normalize', { A: '-1', B: '2' }, 'targets.A', '-1'],
    ['normalize', { A: 1 }, 'targets.A', '1'],
    ['legacyCompat', { A: '1.001000001' }, 'targets', '1.001000001'],
    ['legacyCompat', { A: '0.998999' }, 'targets', '0.998999'],
    ['legacyCompat', { A: Number.NaN, B: 1 }, 'targets.A', 'NaN'],
    ['legacyCompat', { A: 1e-7, B: 1 }, 'targets.A', '1e-7'],
  ] as const)('refuses under %s what its rule does not cover: %j', (rule, weights, path, found) => {
    expect(parseTargets(weights, undefined, rule)).toMatchObject({
      state: 'refused',
      problem: { path, found },
    });
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

  it('nothing is renormalised unasked: weights that do not sum to one are refused', () => {
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
