// Changes of one value in a document.

import type { Random } from '../../../src/platform/random.ts';
import { below, isDrawn, oneOf } from './draw.ts';
import { type Place, placesIn, put, Raw } from './fuzz-document.ts';

export interface ValueChange {
  readonly what: string;
  readonly changed: { readonly path: string; readonly before: string; readonly after: string } | null;
}

export const DECIMAL = /^-?\d+(?:\.\d+)?$/;

const WORDS = [
  'NaN',
  'Infinity',
  '-Infinity',
  '-0',
  '+1',
  '0x10',
  '1,5',
  '.5',
  '5.',
  ' 1',
  '1 ',
  '1_000',
  '',
  '٣',
  '１',
  'null',
];
const RAW_NUMBERS = [
  '0',
  '-1',
  '0.5',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '18446744073709551616',
  '-0',
  '1E5',
];
const NOT_JSON = ['NaN', 'Infinity', '-Infinity', '+1', '01', '.5', '0x10', 'undefined', "'1'", '1n'];
const CHARACTERS = [
  '\ud800',
  '\udfff',
  '\u200b',
  '\u202e',
  '\u0000',
  '\ufeff',
  '\u0301',
  '𝟙',
  'ｅ',
  '\n',
  '"',
  '\\',
  '\u2028',
  '$&',
];
const KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'length', 'valueOf', ''];
const DEPTHS = [10, 65, 1_000, 10_000, 100_000];

type Change = (random: Random, document: unknown) => ValueChange | null;

/** Changes one value of a parsed document in place; null where the document has no such value. */
export function changeValue(random: Random, document: unknown): ValueChange | null {
  return oneOf(random, CHANGES)(random, document);
}

const drop: Change = (random, document) => at(random, placesIn(document), 'dropped', (place) => place.drop());

const retype: Change = (random, document) =>
  at(random, placesIn(document), 'of another type', (place) => place.set(otherType(random, place.value)));

const digit: Change = (random, document) => {
  const numbers = numbersIn(document);
  if (numbers.length === 0) return null;
  const place = oneOf(random, numbers);
  const before = String(place.value);
  const positions = [...before.matchAll(/\d/g)].map(({ index }) => index);
  const position = oneOf(random, positions);
  const next = (Number(before[position]) + 1 + below(random, 9)) % 10;
  return renumber(place, before, `${before.slice(0, position)}${next}${before.slice(position + 1)}`);
};

const sign: Change = (random, document) => {
  const numbers = numbersIn(document);
  if (numbers.length === 0) return null;
  const place = oneOf(random, numbers);
  const before = String(place.value);
  return renumber(place, before, before.startsWith('-') ? before.slice(1) : `-${before}`);
};

const exponent: Change = (random, document) =>
  at(random, numbersIn(document), 'with an exponent', (place) => {
    const power = oneOf(random, ['e1', 'E5', 'e-7', 'e+2', 'e999999999', 'e-999999999', 'e400']);
    place.set(typeof place.value === 'string' ? `${place.value}${power}` : new Raw(`${place.value}${power}`));
  });

const notNumber: Change = (random, document) =>
  at(random, numbersIn(document), 'no number', (place) =>
    place.set(typeof place.value === 'string' ? oneOf(random, WORDS) : new Raw(oneOf(random, NOT_JSON))),
  );

const long: Change = (random, document) =>
  at(random, numbersIn(document), 'very long', (place) => {
    const length = oneOf(random, [20, 40, 60, 61, 100, 128, 129, 1_000, 20_000]);
    const digits = '9'.repeat(length);
    const text = oneOf(random, [
      digits,
      `0.${digits}`,
      `-${digits}`,
      `${digits}.${digits}`,
      `${'0'.repeat(length)}1`,
    ]);
    place.set(typeof place.value === 'string' ? text : new Raw(text));
  });

const unicode: Change = (random, document) =>
  at(random, textsIn(document), 'with other characters', (place) => {
    const text = String(place.value);
    const position = below(random, text.length + 1);
    const rest = text.slice(position + (isDrawn(random, 0.5) ? 1 : 0));
    place.set(`${text.slice(0, position)}${oneOf(random, CHARACTERS)}${rest}`);
  });

const word: Change = (random, document) =>
  at(random, textsIn(document), 'another word', (place) => place.set(oneOf(random, KEYS)));

const nest: Change = (random, document) =>
  at(random, placesIn(document), 'nested deeply', (place) => {
    const depth = oneOf(random, DEPTHS);
    place.set(
      new Raw(
        isDrawn(random, 0.5)
          ? `${'['.repeat(depth)}${']'.repeat(depth)}`
          : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
      ),
    );
  });

const key: Change = (random, document) => {
  const objects = placesIn(document).filter(({ holder }) => !Array.isArray(holder));
  return at(random, objects, 'beside or under a strange key', ({ holder, path, value, drop: leave }) => {
    const name = oneOf(random, KEYS);
    const moves = isDrawn(random, 0.5);
    put(holder, name, moves ? value : oneOf(random, [{}, null, 1, { value: '1', polluted: true }, []]));
    if (moves && path.at(-1) !== name) leave();
  });
};

const rows: Change = (random, document) => {
  const lists = [...placesIn(document).map(({ value }) => value), document].filter(
    (value): value is unknown[] => Array.isArray(value) && value.length > 0,
  );
  if (lists.length === 0) return null;
  const list = oneOf(random, lists);
  const row = below(random, list.length);
  const how = oneOf(random, [
    'twice',
    'reversed',
    'without a row',
    'empty',
    'many times',
    'shuffled',
  ] as const);
  if (how === 'twice') list.splice(below(random, list.length + 1), 0, list[row]);
  if (how === 'reversed') list.reverse();
  if (how === 'without a row') list.splice(row, 1);
  if (how === 'empty') list.length = 0;
  if (how === 'many times') list.push(...Array.from({ length: 300 }, () => list[row]));
  if (how === 'shuffled') list.sort(() => random.next() - 0.5);
  return { what: `a list ${how}`, changed: null };
};

const swap: Change = (random, document) => {
  const leaves = placesIn(document).filter(({ value }) => typeof value !== 'object');
  if (leaves.length < 2) return null;
  const [one, other] = [oneOf(random, leaves), oneOf(random, leaves)];
  one.set(other.value);
  other.set(one.value);
  return { what: `${one.path.join('.')} and ${other.path.join('.')} swapped`, changed: null };
};

/** A kind is drawn as often as it stands here: most often a digit, which nothing but its meaning gives away. */
const CHANGES: readonly Change[] = [
  ...[digit, digit, digit, digit, digit, drop, drop, retype, retype, sign],
  ...[exponent, notNumber, long, unicode, word, nest, key, rows, rows, swap],
];

function at(
  random: Random,
  places: readonly Place[],
  what: string,
  change: (place: Place) => void,
): ValueChange | null {
  if (places.length === 0) return null;
  const place = oneOf(random, places);
  change(place);
  return { what: `${place.path.join('.')} ${what}`, changed: null };
}

function renumber(place: Place, before: string, after: string): ValueChange {
  place.set(typeof place.value === 'string' ? after : new Raw(after));
  const path = place.path.join('.');
  return { what: `${path} ${after} for ${before}`, changed: { path, before, after } };
}

const numbersIn = (document: unknown): readonly Place[] =>
  placesIn(document).filter(({ value }) =>
    DECIMAL.test(typeof value === 'number' ? String(value) : asText(value)),
  );

const textsIn = (document: unknown): readonly Place[] =>
  placesIn(document).filter(({ value }) => typeof value === 'string');

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

function otherType(random: Random, value: unknown): unknown {
  const asNumber =
    typeof value === 'string' && DECIMAL.test(value) ? new Raw(value.replace(/^(-?)0+(?=\d)/, '$1')) : 1;
  // An object of a changed document may say of itself how it becomes text, in ways that throw.
  const asText = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const others = [null, true, false, [], {}, '', '0', 0, -1, asNumber, [value], { value }, asText];
  return isDrawn(random, 0.2) ? new Raw(oneOf(random, RAW_NUMBERS)) : oneOf(random, others);
}
