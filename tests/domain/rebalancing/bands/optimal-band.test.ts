import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type BandTerms,
  bandLoss,
  optimalBand,
  optimalDestination,
} from '../../../../src/domain/rebalancing/bands/optimal-band.ts';

const terms = (target: number, roundTripCost: number, fixedCost: number, riskAversion = 3): BandTerms => ({
  target,
  riskAversion,
  roundTripCost,
  fixedCost,
});

/** A minimum is flat: what a minimiser of doubles finds of its place is good to the root of their precision. */
const PLACE = 8;
const EXACT = 15;

describe('the optimal band', () => {
  // Minimised over (H, d) by NumPy and SciPy for this project: target, gamma, round trip, K, H, d, loss at sigma = 1.
  it.each([
    [0.6, 3, 0.012, 0, 0.055699066003353365, 0.055699066003353365, 0.00465357893046887],
    [0.6, 3, 0.012, 1e-6, 0.06230249946776848, 0.049579967674166114, 0.004714365181902087],
    [0.6, 3, 0.012, 1e-5, 0.07044605298186175, 0.04317686786690425, 0.0049342640238445425],
    [0.6, 3, 0.012, 1e-4, 0.08937633557447183, 0.031887466263425146, 0.005927462343585281],
    [0.6, 3, 0.012, 1e-3, 0.13271520942785067, 0.017352633517615623, 0.0101086995622102],
    [0.25, 3, 0.012, 1e-5, 0.06050716261679469, 0.03608974258301086, 0.0035736371342118423],
    [0.1, 3, 0.012, 1e-5, 0.0386393086900504, 0.02106642656798607, 0.0013753913207915367],
    [0.1, 3, 0.002, 1e-5, 0.028541563855528102, 0.007807530070946141, 0.0005492087583898431],
    [0.5, 2, 0.0005, 1e-4, 0.08006286079192497, 0.0035030862483311008, 0.0022342667837589062],
    [0.6, 3, 0, 1e-4, 0.06928203202827235, 0, 0.0024000000000000002],
  ])(
    'of %d, gamma %d, at a round trip of %d and K %d',
    (target, gamma, roundTrip, fixed, width, back, loss) => {
      const given = terms(target, roundTrip, fixed, gamma);
      const band = optimalBand(given);
      expect(band.halfWidth).toBeCloseTo(width, PLACE);
      expect(band.destination).toBeCloseTo(back, PLACE);
      expect(bandLoss(given, band, 1)).toBeCloseTo(loss, EXACT);
      expect(optimalDestination(given, band.halfWidth)).toBeCloseTo(band.destination, PLACE);
    },
  );

  it('is the closed form without a fixed cost, and without a proportional one', () => {
    expect(optimalBand(terms(0.6, 0.012, 0)).halfWidth).toBeCloseTo(0.055699066003353365, EXACT);
    expect(optimalBand(terms(0.6, 0, 1e-4)).halfWidth).toBeCloseTo(0.069282, 7);
  });

  // Gerhold, Guasoni, Muhle-Karbe and Schachermayer, to leading order: target, gamma, round trip, half width.
  it.each([
    [0.6, 3, 0.002, 0.030652377295742134],
    [0.25, 3, 0.012, 0.04724703937105775],
    [0.1, 3, 0.012, 0.0289646815381689],
    [0.5, 5, 0.01, 0.0454280148208035],
  ])('of %d, gamma %d, at a round trip of %d alone', (target, gamma, roundTrip, width) => {
    expect(optimalBand(terms(target, roundTrip, 0, gamma)).halfWidth).toBeCloseTo(width, EXACT);
  });

  it('goes over into either closed form as the other cost vanishes', () => {
    const edge = optimalBand(terms(0.6, 0.012, 0));
    const nearlyEdge = optimalBand(terms(0.6, 0.012, 1e-15));
    expect(Math.abs(nearlyEdge.halfWidth / edge.halfWidth - 1)).toBeLessThan(1e-3);
    expect(nearlyEdge.destination).toBeLessThan(nearlyEdge.halfWidth);
    expect(optimalBand(terms(0.6, 1e-12, 1e-4)).halfWidth).toBeCloseTo(0.069282032, 8);
  });

  it('is nothing where trading costs nothing', () => {
    expect(optimalBand(terms(0.6, 0, 0))).toEqual({ halfWidth: 0, destination: 0 });
  });

  it('loses 16.8 basis points a year of 60 % at 60 basis points a side and a volatility of 60 %', () => {
    const given = terms(0.6, 0.012, 0);
    expect(bandLoss(given, optimalBand(given), 0.6) * 10_000).toBeCloseTo(16.8, 1);
  });
});

const drawn = fc
  .tuple(
    fc.double({ min: 0.02, max: 0.98, noNaN: true }),
    fc.double({ min: -5, max: -1, noNaN: true }),
    fc.double({ min: -8, max: -2, noNaN: true }),
    fc.double({ min: 0.5, max: 10, noNaN: true }),
  )
  .map(([target, cost, fixed, gamma]) => terms(target, 10 ** cost, 10 ** fixed, gamma));
const SETTINGS = { seed: 20240615, numRuns: 300 };

it('1. No band beside it loses less, by the loss that it minimises.', () => {
  const factor = fc.double({ min: 0.3, max: 3, noNaN: true });
  const share = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(drawn, factor, share, fc.boolean(), (given, widened, inside, hasFixed) => {
      const costs = hasFixed ? given : { ...given, fixedCost: 0 };
      const best = optimalBand(costs);
      const halfWidth = best.halfWidth * widened;
      const other = bandLoss(costs, { halfWidth, destination: halfWidth * inside }, 0.6);
      expect(bandLoss(costs, best, 0.6)).toBeLessThanOrEqual(other * (1 + 1e-9));
      const destination = optimalDestination(costs, halfWidth);
      expect(bandLoss(costs, { halfWidth, destination }, 0.6)).toBeLessThanOrEqual(other * (1 + 1e-9));
    }),
    SETTINGS,
  );
});

it('2. Dearer trading never narrows a band.', () => {
  const more = fc.double({ min: 1, max: 20, noNaN: true });
  fc.assert(
    fc.property(drawn, more, more, (given, proportional, fixed) => {
      const dearer = {
        ...given,
        roundTripCost: given.roundTripCost * proportional,
        fixedCost: given.fixedCost * fixed,
      };
      expect(optimalBand(dearer).halfWidth).toBeGreaterThanOrEqual(optimalBand(given).halfWidth * (1 - 1e-9));
    }),
    SETTINGS,
  );
});
