import { describe, expect, it } from '@jest/globals';
import { BAND_LOSS_TERMS, lossAt, runBandLossModel } from './support/band-loss-model.ts';
import { compareBands } from './support/band-loss-report.ts';

const terms = { ...BAND_LOSS_TERMS, paths: 60 };
const BPS = 10_000;

describe('the loss of a band over simulated years', () => {
  // The table of REBALANCING.md §3b, computed there with other paths: 60 and 10 basis points a side, trades a year.
  // The table of REBALANCING.md §3b, computed there with other paths: 60 and 10 basis points a side, trades a year.
  const table = [
    ['the optimal edge at 60', 0.0557, 0.0557, 17.6, null, 74],
    ['the optimal edge at 10', 0.0307, 0.0307, null, 5.2, 123],
    ['five points to the target', 0.05, 0, 26.4, 6.5, 7.7],
    ['five points to half', 0.05, 0.025, 19.7, 5.8, 10],
    ['five points to the edge', 0.05, 0.05, 17.5, 7.2, 80],
    ['200 back to 175 (Vanguard)', 0.02, 0.0175, 31.7, 5.9, 108],
    ['a fifth to half (Daryanani)', 0.12, 0.06, 26.4, 20, 2],
    ['15 % to the target (Shrimpy)', 0.09, 0, 21.8, 10.2, 2.5],
    ['a quarter to the target', 0.15, 0, 31.5, 24.5, 1],
  ] as const;
  const policies = table.map(([, halfWidth, destination]) => ({ halfWidth, destination }));
  const outcomes = runBandLossModel(policies, terms);

  it.each(table.map((row, index) => [row[0], index] as const))(
    'is that of the specification for %s',
    (_, index) => {
      const [, , , at60, at10, trades] = table[index]!;
      const outcome = outcomes[index]!;
      const near = (found: number, expected: number) =>
        expect(Math.abs(found / expected - 1)).toBeLessThan(0.1);
      if (at60 !== null) near(lossAt(outcome, 60 / BPS) * BPS, at60);
      if (at10 !== null) near(lossAt(outcome, 10 / BPS) * BPS, at10);
      near(outcome.trades, trades);
    },
  );

  it('is the same for the same seed, whatever else walks the paths', () => {
    const policy = { halfWidth: 0.05, destination: 0.02 };
    const few = { ...terms, paths: 3 };
    const [alone] = runBandLossModel([policy], few);
    const [, beside] = runBandLossModel([{ halfWidth: 0.1, destination: 0 }, policy], few);
    expect(beside).toEqual(alone);
    expect(runBandLossModel([policy], { ...few, seed: 2 })[0]).not.toEqual(alone);
  });

  it('is for our band at most a tenth more than for the best of a grid, at every cost', () => {
    const grid = [0.7, 0.85, 1, 1.2, 1.4].flatMap((factor) =>
      [0.013, 0.028, 0.0535, 0.068].flatMap((halfWidth) =>
        [0.5, 0.9, 1].map((share) => ({
          halfWidth: halfWidth * factor,
          destination: halfWidth * factor * share,
        })),
      ),
    );
    const lines = compareBands([1, 10, 60, 120], grid, terms);
    expect(lines.map(({ costBpsPerSide }) => costBpsPerSide)).toEqual([1, 10, 60, 120]);
    for (const { ratio } of lines) expect(ratio).toBeLessThanOrEqual(1.1);
    // And the widths are not all the same: dearer trading, wider bands.
    const widths = lines.map(({ halfWidth }) => halfWidth);
    expect(widths).toEqual(widths.toSorted((a, b) => a - b));
  });
});
