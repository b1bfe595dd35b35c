// The SDK reads whatever stands where a key should be with a decoder whose time grows with the square of the text's
// length, and nothing can interrupt it: ten megabytes of letters would stop the process for a day.

/** Keys and signatures in base 58 are shorter. */
const KEY_CHARACTERS_MAX = 128;

/** Square characters: some half of a second, however they are spread over an answer. */
export const KEY_READING_COST_MAX = 400_000_000;

/** The decoder stops at the first letter that is none of base 58. */
const BASE58_BEGINNING = /^[1-9A-HJ-NP-Za-km-z]*/;

/** What it costs at most to read every text of an answer as a key, in square characters. Linear, however deep it is. */
export function keyReadingCost(answer: unknown): number {
  const left: unknown[] = [answer];
  let cost = 0;
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') {
      if (value.length > KEY_CHARACTERS_MAX) cost += (BASE58_BEGINNING.exec(value)?.[0].length ?? 0) ** 2;
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) left.push(inner);
    }
  }
  return cost;
}
