import { describe, expect, it, test } from '@jest/globals';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;

/** The answers as ccxt keeps them, and the cases that were made of them. */
const PAIRS = [
  ['wire/ccxt/raw/response.coinbase.json', 'wire/ccxt/cases.response.coinbase.json'],
  ['wire/ccxt/raw/response.dydx.json', 'wire/ccxt/cases.response.dydx.json'],
] as const;

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe.each(PAIRS)('the answers of %s', (raw, cases) => {
    const { methods } = referenceData(raw) as { methods: Record<string, Recording[]> };
    const recordings = Object.values(methods).flat();
    const stated = referenceData(cases) as Recording[];

    it('are those that the cases state, each once and none more', () => {
      const answersOf = (all: Recording[]) =>
        all.map(({ httpResponse }) => JSON.stringify(httpResponse)).sort();
      expect(answersOf(stated)).toEqual(answersOf(recordings));
    });

    it('hold every row that ccxt shows beside its reading: the expectations are of these answers', () => {
      for (const { httpResponse, parsedResponse } of recordings) {
        const answer = JSON.stringify(httpResponse);
        for (const { info } of [parsedResponse].flat().filter((one: Recording) => one?.info !== undefined))
          expect(answer).toContain(JSON.stringify(info));
      }
    });
  });
}
