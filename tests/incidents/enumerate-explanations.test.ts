import { describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { enumerateExplanations } from '../../src/incidents/enumerate-explanations.ts';

const amounts = (texts: Readonly<Record<string, string>>) =>
  new Map(Object.entries(texts).map(([key, text]) => [key, amount(text)] as const));
const event = (texts: Readonly<Record<string, string>>) => ({
  deltas: [...amounts(texts)].map(([key, moved]) => ({ key, amount: moved })),
});

describe('enumerateExplanations', () => {
  it.each<
    [string, Readonly<Record<string, string>>, readonly Readonly<Record<string, string>>[], readonly number[]]
  >([
    ['nothing to explain needs nothing', {}, [{ A: '1' }], [0]],
    ['one of two fits', { A: '1' }, [{ A: '2' }, { A: '1' }], [0b10]],
    ['one does not rule out two', { A: '3' }, [{ A: '3' }, { A: '1' }, { A: '2' }], [0b001, 0b110]],
    ['what cancels out belongs to none', { A: '3' }, [{ A: '3' }, { A: '1' }, { A: '-1' }], [0b001]],
    [
      'every dimension has to fit',
      { A: '1', B: '-2' },
      [{ A: '1' }, { B: '-2' }, { A: '1', B: '2' }],
      [0b011],
    ],
    [
      'a large amount of one is no small amount of another',
      { A: '1' },
      [{ B: '1000000000000' }, { A: '1' }],
      [0b10],
    ],
    ['eighteen decimals count', { A: '1' }, [{ A: '0.999999999999999999' }], []],
    ['an asset that agrees stays so', { A: '1' }, [{ A: '1', B: '5' }], []],
  ])('%s', (_, target, events, expected) => {
    expect(enumerateExplanations(amounts(target), events.map(event))).toEqual(expected);
  });
});
