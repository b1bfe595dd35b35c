import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount, toNumber } from '../../../../src/domain/money/amount.ts';
import {
  type BandInput,
  type ChosenBand,
  chooseBand,
  DEFAULT_RISK_AVERSION,
} from '../../../../src/domain/rebalancing/bands/choose-band.ts';
import {
  type Destination,
  destinationBounds,
  findDestinationProblem,
} from '../../../../src/domain/rebalancing/bands/destination.ts';
import { known, unknown } from '../../../../src/domain/rebalancing/triggers/fact.ts';

const inputOf = (changed: Partial<BandInput> = {}): BandInput => ({
  target: amount('0.6'),
  riskAversion: DEFAULT_RISK_AVERSION,
  roundTripCost: known(0.012),
  fixedCost: known(0),
  minTrade: known(0),
  monitoring: { kind: 'continuous' },
  ...changed,
});
const SIX_HOURS_MS = 6 * 3_600_000;

describe('the band of a group', () => {
  it('is the optimal one where everything is known', () => {
    const band = chooseBand(inputOf({ fixedCost: known(1e-5) }));
    expect(band.source).toBe('optimal');
    expect(toNumber(band.halfWidth)).toBeCloseTo(0.07044605298, 8);
    expect(toNumber(band.destination)).toBeCloseTo(0.04317686787, 8);
  });

  it('is at least the smallest trade, and brought back to where that width loses least', () => {
    const band = chooseBand(inputOf({ minTrade: known(0.08) }));
    expect(band.halfWidth).toBe('0.08');
    // Wider than optimal, so it is brought back further than to the edge: d (H + d)^2 = 3 epsilon pi^2 (1 - pi)^2 / gamma.
    const back = toNumber(band.destination);
    expect(back * (0.08 + back) ** 2).toBeCloseTo((3 * 0.012 * 0.0576) / 3, 9);
    expect(back).toBeLessThan(0.0557);
  });

  it('acts earlier by what a weight overshoots between two looks: 0.58 sigma pi (1 - pi) sqrt(dt)', () => {
    const monitoring = { kind: 'every', intervalMs: SIX_HOURS_MS, volatility: known(0.6) } as const;
    const band = chooseBand(inputOf({ monitoring }));
    const overshoot = 0.58 * 0.6 * 0.24 * Math.sqrt(1 / 1_460);
    expect(toNumber(band.halfWidth)).toBeCloseTo(0.055699066 - overshoot, 9);
    expect(band.destination).toBe(band.halfWidth);
    const wild = { ...monitoring, volatility: known(60) };
    expect(chooseBand(inputOf({ monitoring: wild }))).toMatchObject({ halfWidth: '0', destination: '0' });
  });

  it.each<[string, Partial<BandInput>, string]>([
    ['no cost', { roundTripCost: unknown('no fee of A') }, 'no fee of A'],
    ['no fixed cost', { fixedCost: unknown('no value') }, 'no value'],
    ['no smallest trade', { minTrade: unknown('no value') }, 'no value'],
    [
      'no volatility',
      { monitoring: { kind: 'every', intervalMs: SIX_HOURS_MS, volatility: unknown('no history') } },
      'no history',
    ],
    ['a cost below zero', { roundTripCost: known(-0.01) }, 'not negative, found -0.01'],
    ['a cost that is no number', { roundTripCost: known(Number.NaN) }, 'not negative, found NaN'],
  ])("2. Without what it takes, the band is the hybrid's, and says why: %s", (_, changed, reason) => {
    expect(chooseBand(inputOf(changed))).toEqual({
      source: 'fallback',
      halfWidth: '0.05',
      destination: '0',
      reason: `5/25, for ${reason.startsWith('not') ? `a cost or a volatility is ${reason}` : reason}`,
    });
  });

  it.each(['0', '1'])('is the fallback, of no width, for a target of %s', (target) => {
    expect(chooseBand(inputOf({ target: amount(target) }))).toMatchObject({
      source: 'fallback',
      halfWidth: '0',
    });
  });

  it('1. A band is never as wide as its target, nor as what is left of the portfolio.', () => {
    const exponent = fc.double({ min: -5, max: 0, noNaN: true });
    const given = [fc.integer({ min: 1, max: 999_999 }), exponent, exponent, exponent] as const;
    fc.assert(
      fc.property(...given, (ppm, cost, fixed, smallest) => {
        const target = amount((ppm / 1e6).toFixed(6));
        const band = chooseBand(
          inputOf({
            target,
            roundTripCost: known(10 ** cost),
            fixedCost: known(10 ** fixed),
            minTrade: known(10 ** smallest),
          }),
        );
        const width = toNumber(band.halfWidth);
        expect(width).toBeLessThan(toNumber(target));
        expect(width).toBeLessThan(1 - toNumber(target));
        expect(toNumber(band.destination)).toBeLessThanOrEqual(width);
      }),
      { seed: 20240615, numRuns: 300 },
    );
  });
});

describe('a destination', () => {
  const band: ChosenBand = {
    source: 'optimal',
    halfWidth: amount('0.07'),
    destination: amount('0.04'),
    reason: 'as given',
  };
  const bounds = (destination: Destination, target = '0.6') =>
    destinationBounds(amount(target), band, destination);

  it.each<[Destination, string, string]>([
    ['target', '0.6', '0.6'],
    ['edge', '0.53', '0.67'],
    [{ fraction: amount('0.5') }, '0.565', '0.635'],
    ['optimal', '0.56', '0.64'],
  ])('%j lies either side of the target', (destination, low, high) => {
    expect(bounds(destination)).toEqual({ low, high });
  });

  it('is never outside what a weight can be', () => {
    expect(bounds('edge', '0.01').low).toBe('0');
    expect(bounds('edge', '0.99').high).toBe('1');
  });

  it('is refused where its share is no fraction', () => {
    const problem = (share: string) => findDestinationProblem({ fraction: amount(share) });
    expect(problem('1.1')).toMatchObject({ path: 'destination.fraction', found: '1.1' });
    expect(problem('-0.1')).not.toBeNull();
    expect(problem('0.875')).toBeNull();
    expect(findDestinationProblem('optimal')).toBeNull();
  });
});
