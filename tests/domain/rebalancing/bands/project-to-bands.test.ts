import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import loadHighs from 'highs';
import { amount, isLess, isMore, ONE, sum, toNumber } from '../../../../src/domain/money/amount.ts';
import {
  type BandedGroup,
  projectToBands,
} from '../../../../src/domain/rebalancing/bands/project-to-bands.ts';

const NAMES = ['A', 'B', 'C', 'D', 'E', 'F'];

function groupsOf(rows: {
  readonly held: readonly string[];
  readonly targets: readonly string[];
  readonly bands: readonly string[];
  readonly costs: readonly string[];
}): readonly BandedGroup[] {
  return rows.held.map((weight, index) => {
    const [target, band, cost] = [rows.targets[index]!, rows.bands[index]!, rows.costs[index]!];
    return {
      group: NAMES[index]!,
      weight: amount(weight),
      target: amount(target),
      low: amount((Number(target) - Number(band)).toFixed(6)),
      high: amount((Number(target) + Number(band)).toFixed(6)),
      buyCost: amount(cost),
      sellCost: amount(cost),
    };
  });
}

const targets = ['0.40', '0.25', '0.25', '0.10'];
const bands = ['0.05', '0.05', '0.05', '0.025'];

describe('weights brought within their bands', () => {
  // The linear program, solved by HiGHS for this project.
  it.each([
    [
      ['0.52', '0.18', '0.20', '0.10'],
      ['0.006', '0.006', '0.006', '0'],
      { weights: { A: '0.45', B: '0.225', C: '0.2', D: '0.125' }, cost: '0.00069', turnover: '0.07' },
    ],
    [
      ['0.36', '0.30', '0.24', '0.10'],
      ['0.006', '0.006', '0.006', '0'],
      { weights: { A: '0.36', B: '0.3', C: '0.24', D: '0.1' }, cost: '0', turnover: '0' },
    ],
    [
      ['0.46', '0.28', '0.16', '0.10'],
      ['0.002', '0.006', '0.006', '0'],
      { weights: { A: '0.445', B: '0.28', C: '0.2', D: '0.075' }, cost: '0.00027', turnover: '0.04' },
    ],
  ])('are those of the linear program: %j at costs of %j', (held, costs, expected) => {
    expect(projectToBands(groupsOf({ held, targets, bands, costs }))).toEqual({
      state: 'projected',
      ...expected,
    });
  });

  it('are paid for at what a sell costs with its tax', () => {
    const [a, ...others] = groupsOf({
      held: ['0.52', '0.18', '0.20', '0.10'],
      targets,
      bands,
      costs: ['0', '0', '0', '0'],
    });
    const taxed = [{ ...a!, sellCost: amount('0.15') }, ...others];
    expect(projectToBands(taxed)).toMatchObject({ cost: '0.0105' });
  });

  it.each([
    [['0.5', '0.5'], ['0.4', '0.4'], ['0.05', '0.05'], { lowest: '0.7', highest: '0.9' }],
    [['0.5', '0.5'], ['0.7', '0.7'], ['0.1', '0.1'], { lowest: '1.2', highest: '1.6' }],
  ])('are infeasible where no weights within them sum to one: %j', (held, around, width, expected) => {
    const groups = groupsOf({ held, targets: around, bands: width, costs: ['0', '0'] });
    expect(projectToBands(groups)).toEqual({ state: 'infeasible', ...expected });
  });
});

const micro = (least: number, most: number) => fc.integer({ min: least, max: most });
/** Targets that sum to one, bands of their own, costs either side, and any weights. */
const drawn = fc
  .array(fc.tuple(micro(0, 1_000), micro(0, 200_000), micro(0, 1_000), micro(0, 9), micro(0, 9)), {
    minLength: 2,
    maxLength: 6,
  })
  .filter((rows) => rows.some(([share]) => share > 0) && rows.some(([, , held]) => held > 0))
  .map((rows): readonly BandedGroup[] => {
    const ppmOf = (parts: readonly number[]): readonly number[] => {
      const total = parts.reduce((all, each) => all + each, 0);
      const floors = parts.map((part) => Math.floor((part * 1e6) / total));
      const rest = 1e6 - floors.reduce((all, each) => all + each, 0);
      return floors.map((part, index) => (index === 0 ? part + rest : part));
    };
    const text = (ppm: number) => amount((ppm / 1e6).toFixed(6));
    const wanted = ppmOf(rows.map(([share]) => share));
    const held = ppmOf(rows.map(([, , share]) => share));
    return rows.map(([, band, , buy, sell], index) => ({
      group: NAMES[index]!,
      weight: text(held[index]!),
      target: text(wanted[index]!),
      low: text(Math.max(0, wanted[index]! - band)),
      high: text(Math.min(1e6, wanted[index]! + band)),
      buyCost: amount((buy / 1_000).toFixed(3)),
      sellCost: amount((sell / 1_000).toFixed(3)),
    }));
  });
const SETTINGS = { seed: 20240615, numRuns: 200 };

function projected(groups: readonly BandedGroup[]) {
  const found = projectToBands(groups);
  if (found.state !== 'projected') throw new Error(JSON.stringify(found));
  return found;
}

it('1. The weights that come out sum to exactly 1 and lie within their bounds.', () => {
  fc.assert(
    fc.property(drawn, (groups) => {
      const { weights } = projected(groups);
      expect(sum(Object.values(weights))).toBe(ONE);
      for (const { group, low, high } of groups)
        expect(isLess(weights[group]!, low) || isMore(weights[group]!, high)).toBe(false);
    }),
    SETTINGS,
  );
});

it('2. Nothing that is within its bounds moves, unless the others do not sum to 1 without it.', () => {
  fc.assert(
    fc.property(drawn, (groups) => {
      const { weights } = projected(groups);
      const isInside = ({ weight, low, high }: BandedGroup) => !isLess(weight, low) && !isMore(weight, high);
      if (groups.every(isInside))
        expect(weights).toEqual(Object.fromEntries(groups.map((g) => [g.group, g.weight])));
      const moved = groups.filter((g) => isInside(g) && weights[g.group] !== g.weight);
      // All that are moved for the sum are moved to one side.
      expect(new Set(moved.map((g) => isMore(weights[g.group]!, g.weight))).size).toBeLessThanOrEqual(1);
    }),
    SETTINGS,
  );
});

it("3. No other way costs less: it is as good as the linear program's.", async () => {
  const highs = await (loadHighs as unknown as typeof loadHighs.default)();
  fc.assert(
    fc.property(drawn, (groups) => {
      const names = groups.map((_, index) => index);
      const text = [
        'Minimize',
        `obj: ${groups.map((g, i) => `${g.buyCost} b${i} + ${g.sellCost} s${i}`).join(' + ')}`,
        'Subject To',
        `total: ${names.map((i) => `w${i}`).join(' + ')} = 1`,
        ...groups.map((g, i) => `m${i}: w${i} - b${i} + s${i} = ${g.weight}`),
        'Bounds',
        ...groups.map((g, i) => `${g.low} <= w${i} <= ${g.high}`),
        'End',
      ].join('\n');
      const solved = highs.solve(text);
      expect(solved.Status).toBe('Optimal');
      expect(toNumber(projected(groups).cost)).toBeCloseTo(solved.ObjectiveValue, 9);
    }),
    { ...SETTINGS, numRuns: 60 },
  );
});
