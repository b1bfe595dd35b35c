import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Knowing, placeFlows } from '../../../src/domain/valuation/place-flows.ts';

const recorded = (atMs: number, transactionSequence: number): Knowing => ({ atMs, transactionSequence });
const reckoned = (atMs: number): Knowing => ({ atMs, transactionSequence: null });

describe('where a flow is placed', () => {
  it.each<[string, readonly Knowing[], { sequence: number | null; atMs: number }, readonly string[]]>([
    [
      'after the valuation before it',
      [recorded(10, 4), recorded(20, 5)],
      { sequence: 5, atMs: 10 },
      ['+0@10'],
    ],
    ['told late', [recorded(10, 4), recorded(20, 5)], { sequence: 5, atMs: 3 }, ['+0@10']],
    ['at its own time', [recorded(10, 4), recorded(20, 5)], { sequence: 5, atMs: 14 }, ['+0@14']],
    ['before the next', [recorded(10, 4), recorded(20, 5)], { sequence: 5, atMs: 22 }, ['+0@19']],
    ['in the first already', [recorded(10, 5), recorded(20, 5)], { sequence: 5, atMs: 9 }, []],
    ['not in the last yet', [recorded(10, 4), recorded(20, 4)], { sequence: 5, atMs: 15 }, []],
    ['by its time alone', [reckoned(10), reckoned(20)], { sequence: 5, atMs: 10 }, ['+0@10']],
    ['of no transaction', [recorded(10, 4), recorded(20, 9)], { sequence: null, atMs: 15 }, ['+0@15']],
    [
      'told after a night that was reckoned later',
      [recorded(10, 4), reckoned(20), recorded(30, 4), recorded(40, 5)],
      { sequence: 5, atMs: 15 },
      ['+0@15', '-1@20', '+2@30'],
    ],
  ])('%s', (_, valuations, flow, expected) => {
    expect(
      placeFlows(valuations, [flow]).map(
        ({ after, sign, atMs }) => `${sign === 1 ? '+' : '-'}${after}@${atMs}`,
      ),
    ).toEqual(expected);
  });

  const valuations = fc
    .array(fc.record({ gapMs: fc.integer({ min: 1, max: 9 }), posts: fc.nat(3), isRecorded: fc.boolean() }), {
      maxLength: 30,
    })
    .map((steps) => {
      let atMs = 0;
      let sequence = 0;
      return steps.map(({ gapMs, posts, isRecorded }): Knowing => {
        atMs += gapMs;
        sequence += posts;
        return { atMs, transactionSequence: isRecorded ? sequence : null };
      });
    });
  const flows = fc.array(
    fc.record({
      sequence: fc.option(fc.integer({ min: 1, max: 60 })),
      atMs: fc.integer({ min: 0, max: 200 }),
    }),
    { maxLength: 20 },
  );

  it('Up to any valuation what was placed is what that valuation has and the first has not', () => {
    fc.assert(
      fc.property(valuations, flows, (series, told) => {
        const placed = placeFlows(series, told);
        const has = (each: Knowing | undefined, flow: (typeof told)[number]) =>
          each === undefined
            ? 0
            : Number(
                each.transactionSequence === null || flow.sequence === null
                  ? flow.atMs < each.atMs
                  : flow.sequence <= each.transactionSequence,
              );
        for (const [place, each] of series.entries())
          for (const flow of told) {
            const soFar = placed
              .filter((one) => one.flow === flow && one.after < place)
              .reduce((sum, { sign }) => sum + sign, 0);
            expect(soFar).toBe(has(each, flow) - has(series[0], flow));
          }
        for (const { after, atMs } of placed) {
          expect(atMs).toBeGreaterThanOrEqual(series[after]?.atMs ?? 0);
          expect(atMs).toBeLessThan(series[after + 1]?.atMs ?? 0);
        }
      }),
    );
  });
});
