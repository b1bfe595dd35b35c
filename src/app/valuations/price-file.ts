import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type Amount, isPositive } from '../../domain/money/amount.ts';
import type { PricePoint } from '../../domain/valuation/price-history.ts';
import type { ConfigurationProblem } from '../configuration-problem.ts';
import { decimal, object, problemsIn, time } from '../file-terms.ts';
import { parseJsonText } from '../json-text.ts';
import { name } from '../schema-terms.ts';

/** Daily closes of ten years for some hundred assets come to half of it. */
const FILE_LENGTH_MAX = 50_000_000;
const HEADING = 'at,asset,price';
/** Of a file that is wrong all over, the first are enough. */
const PROBLEMS_MAX = 10;

const PRICE = 'a price above zero as text, such as "61234.5"';
const day = /^\d{4}-\d{2}-\d{2}$/;
/** A day alone is its 00:00 UTC. */
const at = z.preprocess(
  (value) => (typeof value === 'string' && day.test(value) ? `${value}T00:00:00Z` : value),
  time(),
);
const row = object({
  at,
  asset: name('the name of an asset'),
  price: decimal(PRICE).refine(isPositive, { error: PRICE }),
});

export type PriceFile =
  | { readonly ok: true; readonly prices: readonly PricePoint[] }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

/**
 * Prices in USD of a file: CSV under "at,asset,price", or JSON `[{"at", "asset", "price"}, …]`, in any order. A time is
 * when the price held, as ISO 8601 with its zone, as a day for its 00:00 UTC, or in milliseconds.
 */
export function readPriceFile(path: string): PriceFile {
  const refuse = (expected: string, found: string): PriceFile => ({
    ok: false,
    problems: [{ path, expected, found }],
  });
  let source: string;
  try {
    source = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return refuse('a file of prices that can be read', typeof code === 'string' ? code : 'none');
  }
  if (source.length > FILE_LENGTH_MAX)
    return refuse(`at most ${FILE_LENGTH_MAX} characters`, `${source.length} characters`);
  if (source.trimStart().startsWith('[')) return fromJson(source, path);
  const [heading = '', ...lines] = source.split(/\r?\n/);
  if (heading.trim() !== HEADING)
    return refuse(`${HEADING}, or a list in JSON`, JSON.stringify(heading.slice(0, 60)));
  return checked(
    lines.flatMap((line, index) => {
      const [moment = '', asset, price, ...more] = line.split(',').map((field) => field.trim());
      if (line.trim() === '') return [];
      const value = {
        at: /^\d+$/.test(moment) ? Number(moment) : moment,
        asset,
        price,
        ...(more.length > 0 && { more }),
      };
      return [{ place: `${path}: line ${index + 2}`, value }];
    }),
    path,
  );
}

function fromJson(source: string, path: string): PriceFile {
  const json = parseJsonText(source);
  const refuse = (expected: string, found: string): PriceFile => ({
    ok: false,
    problems: [{ path, expected, found }],
  });
  if (!json.ok) return refuse(`${json.expected} at line ${json.line}, column ${json.column}`, json.found);
  if (!Array.isArray(json.value)) return refuse('a list of prices', 'something else');
  return checked(
    json.value.map((value: unknown, index) => ({ place: `${path}: [${index}]`, value })),
    path,
  );
}

function checked(
  rows: readonly { readonly place: string; readonly value: unknown }[],
  path: string,
): PriceFile {
  const prices: PricePoint[] = [];
  const problems: ConfigurationProblem[] = [];
  const told = new Map<string, Amount>();
  for (const { place, value } of rows) {
    const parsed = row.safeParse(value);
    if (parsed.success) {
      const { at: atMs, asset, price } = parsed.data;
      const key = `${atMs} ${asset}`;
      const other = told.get(key);
      if (other !== undefined && other !== price)
        problems.push({ path: place, expected: `one price of ${asset} at one time, ${other}`, found: price });
      told.set(key, price);
      prices.push({ asset, price, atMs, source: path });
    } else problems.push(...problemsIn(place, parsed.error.issues, value));
    if (problems.length >= PROBLEMS_MAX) break;
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, prices };
}
