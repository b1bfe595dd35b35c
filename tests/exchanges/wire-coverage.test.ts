// Every recording is used, or it is said why not.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from '@jest/globals';
import { hasReferenceData, referenceData, referenceFiles } from '../support/reference-data.ts';
import { CASES_NOT_APPLICABLE, FILES_NOT_APPLICABLE } from '../support/wire-not-applicable.ts';

/** Tests that name what they read without its folder or the ending of its name. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  'solana/': ['exchanges/solana-recordings.test.ts', 'exchanges/solana-order-recordings.test.ts'],
  'nautilus/dydx/ws_': ['exchanges/dydx-subaccount-channel.test.ts'],
  'nautilus/dydx-legacy/ws.': ['exchanges/dydx-stream-recordings.test.ts'],
};

/** Files of cases, and which tests name the cases: by their ids as they stand after `prefix`, else by their methods. */
const CASES = [
  {
    file: 'coinbase/rotki.v2-transactions.cases.json',
    prefix: 'rotki.coinbase.',
    readers: ['exchanges/coinbase-recordings.test.ts', 'exchanges/coinbase-row-recordings.test.ts'],
  },
  {
    file: 'dydx/v4-chain.helpers.cases.json',
    prefix: 'v4chain.',
    readers: ['exchanges/dydx-recordings.test.ts', 'exchanges/dydx-expected.test.ts'],
  },
  {
    file: 'nautilus/expected.json',
    prefix: 'naut.coinbase.',
    readers: [
      'exchanges/coinbase-recordings.test.ts',
      'exchanges/coinbase-row-recordings.test.ts',
      'exchanges/dydx-recordings.test.ts',
    ],
  },
  {
    file: 'ccxt/cases.request.coinbase.json',
    prefix: 'ccxt.coinbase.request.',
    readers: ['exchanges/coinbase-recordings.test.ts', 'exchanges/coinbase-requests.test.ts'],
  },
  {
    file: 'ccxt/cases.response.coinbase.json',
    prefix: null,
    readers: ['exchanges/coinbase-recordings.test.ts'],
  },
  {
    file: 'ccxt/cases.request.dydx.json',
    prefix: null,
    readers: ['exchanges/dydx-requests.test.ts'],
  },
  {
    file: 'ccxt/cases.response.dydx.json',
    prefix: null,
    readers: ['exchanges/dydx-recordings.test.ts', 'exchanges/dydx-expected.test.ts'],
  },
] as const;

interface Case {
  readonly id: string;
  readonly method?: string;
}

const TESTS = join(process.cwd(), 'tests');
const names = (readdirSync(TESTS, { recursive: true }) as string[]).filter(
  (name) => name.endsWith('.ts') && !/wire-(coverage|not-applicable)/.test(name),
);
const texts = new Map(names.map((name) => [name, readFileSync(join(TESTS, name), 'utf8')]));

const textOf = (name: string): string => {
  const text = texts.get(name);
  if (text === undefined) throw new Error(`${name} is expected among the tests, found none of that name`);
  return text;
};

function isRead(file: string): boolean {
  if ([...texts.values()].some((text) => text.includes(`${file}'`))) return true;
  const name =
    file
      .split('/')
      .at(-1)
      ?.replace(/^ws\.|\.json$/g, '') ?? '';
  return Object.entries(READERS)
    .filter(([folder]) => file.startsWith(folder))
    .some(([, readers]) => readers.some((reader) => textOf(reader).includes(`'${name}'`)));
}

const listing = (file: string): string | undefined =>
  Object.keys(FILES_NOT_APPLICABLE).find(
    (one) => one === file || (one.endsWith('/') && file.startsWith(one)),
  );

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  const files = referenceFiles('wire') ?? [];

  describe('a recorded file', () => {
    it('is there', () => expect(files.length).toBeGreaterThan(50));

    it.each(files)('is read by a test, or listed with a reason, not both: %s', (file) => {
      expect([isRead(file), listing(file) !== undefined].filter(Boolean)).toHaveLength(1);
    });

    it('that is listed is there', () => {
      const found = new Set(files.map(listing));
      expect(Object.keys(FILES_NOT_APPLICABLE).filter((one) => !found.has(one))).toEqual([]);
    });
  });

  describe('a recorded case', () => {
    const known: string[] = [];
    describe.each(CASES)('of $file', ({ file, prefix, readers }) => {
      const document = referenceData(join('wire', file)) as Case[] | { readonly cases: Case[] };
      const cases = Array.isArray(document) ? document : document.cases;
      known.push(...cases.map(({ id }) => id));
      const words = ({ id, method }: Case): string[] =>
        prefix === null ? [id, method ?? id] : [id, id.replace(prefix, '')];
      it.each(cases.map((one) => [one.id, one] as const))(
        'is read by a test, or listed with a reason, not both: %s',
        (id, one) => {
          const isNamed = readers.some((reader) =>
            words(one).some((word) => textOf(reader).includes(`'${word}'`)),
          );
          expect([isNamed, id in CASES_NOT_APPLICABLE].filter(Boolean)).toHaveLength(1);
        },
      );
    });

    it('that is listed is there', () => {
      expect(Object.keys(CASES_NOT_APPLICABLE).filter((id) => !known.includes(id))).toEqual([]);
    });
  });
}
