/** Between words: an underscore, a hyphen or space, a small letter before a capital, or capitals before a word of their own. */
const BOUNDARY = /[_\-\s]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;

/** The words of a name: "btcBreakout_v2" has "btc", "Breakout" and "v2". Whole words, so that "solid" is not SOL. */
export const wordsOfName = (name: string): readonly string[] =>
  name.split(BOUNDARY).filter((word) => word !== '');
