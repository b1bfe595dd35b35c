import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { apportion } from '../../../src/domain/targets/apportion.ts';

const SEED = 20_240_701;

const share = (parts: Readonly<Record<string, number>>, total: number) =>
  Object.fromEntries(
    [
      ...apportion(
        Object.entries(parts).map(([id, part]) => ({ id, part: BigInt(part) })),
        BigInt(total),
      ),
    ].map(([id, units]) => [id, Number(units)]),
  );

describe('apportioning', () => {
  it.each([
    ['thirds of a million', { A: 1, B: 1, C: 1 }, 1_000_000, { A: 333_334, B: 333_333, C: 333_333 }],
    ['the greater remainder first', { A: 1, B: 2 }, 10, { A: 3, B: 7 }],
    ['nothing to a part of zero', { A: 0, B: 1, C: 1 }, 1, { A: 0, B: 1, C: 0 }],
    ['nothing among nobody', {}, 0, {}],
    ['nothing among parts of zero', { A: 0 }, 0, { A: 0 }],
    ['what is whole as it is', { A: 550_000, B: 450_000 }, 1_000_000, { A: 550_000, B: 450_000 }],
  ])('gives %s', (_, parts, total, expected) => {
    expect(share(parts as Record<string, number>, total)).toEqual(expected);
  });

  it.each([
    ['among parts of zero', { A: 0 }, 1, 'parts above zero'],
    ['a part below zero', { A: -1, B: 2 }, 1, 'no part is negative'],
    ['less than nothing', { A: 1 }, -1, 'not negative'],
  ])('refuses to share %s', (_, parts, total, message) => {
    expect(() => share(parts as Record<string, number>, total)).toThrow(message);
  });

  it('refuses an id that comes twice', () => {
    const twice = [
      { id: 'A', part: 1n },
      { id: 'A', part: 1n },
    ];
    expect(() => apportion(twice, 2n)).toThrow('an id has one part');
  });

  const anyParts = fc
    .dictionary(fc.stringMatching(/^[A-Z]{1,3}$/), fc.bigInt({ min: 0n, max: 10n ** 12n }), {
      minKeys: 1,
      maxKeys: 9,
    })
    .map((parts) => Object.entries(parts).map(([id, part]) => ({ id, part })))
    .filter((parts) => parts.some(({ part }) => part > 0n));
  const anyTotal = fc.bigInt({ min: 0n, max: 10n ** 9n });
  const sumOf = (values: Iterable<bigint>) => [...values].reduce((all, value) => all + value, 0n);

  it('the shares sum to exactly what was shared out', () => {
    fc.assert(
      fc.property(anyParts, anyTotal, (parts, total) => {
        expect(sumOf(apportion(parts, total).values())).toBe(total);
      }),
      { seed: SEED },
    );
  });

  it('a share is its exact proportion, rounded down or up to a whole unit, and never rounded where it is whole', () => {
    fc.assert(
      fc.property(anyParts, anyTotal, (parts, total) => {
        const whole = sumOf(parts.map(({ part }) => part));
        const shares = apportion(parts, total);
        for (const { id, part } of parts) {
          const down = (part * total) / whole;
          const isWhole = (part * total) % whole === 0n;
          expect(isWhole ? [down] : [down, down + 1n]).toContain(shares.get(id));
        }
      }),
      { seed: SEED },
    );
  });

  it('who has the greater part has no smaller share', () => {
    fc.assert(
      fc.property(anyParts, anyTotal, (parts, total) => {
        const shares = apportion(parts, total);
        const sorted = parts.toSorted((a, b) => (a.part < b.part ? -1 : a.part > b.part ? 1 : 0));
        for (const [index, { id, part }] of sorted.entries()) {
          const next = sorted[index + 1];
          if (next === undefined || next.part === part) continue;
          expect(shares.get(id)! <= shares.get(next.id)!).toBe(true);
        }
      }),
      { seed: SEED },
    );
  });

  it('the order in which parts are named does not matter: of equal remainders the id that sorts first is rounded up', () => {
    fc.assert(
      fc.property(anyParts, anyTotal, (parts, total) => {
        const there = apportion(parts, total);
        const back = apportion(parts.toReversed(), total);
        expect(new Map([...there].sort())).toEqual(new Map([...back].sort()));
        const equal = apportion(
          parts.map(({ id }) => ({ id, part: 1n })),
          1n,
        );
        expect(equal.get(parts.map(({ id }) => id).sort()[0]!)).toBe(1n);
      }),
      { seed: SEED },
    );
  });
});
