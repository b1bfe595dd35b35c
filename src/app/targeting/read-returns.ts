import * as z from 'zod';
import type { ReadReturns } from '../../domain/targets/usable-returns.ts';
import { object, problemsIn } from '../file-terms.ts';
import { parseJsonText } from '../json-text.ts';
import { listOf, named, text } from '../schema-terms.ts';

const DAY_MS = 86_400_000;
/** Ten years, and then some. */
const DAYS_MAX = 4_000;
const SERIES_MAX = 200;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/i;

const schema = object({
  days: listOf(text('a day such as "2026-01-31"'), { members: 'days', min: 1, max: DAYS_MAX }),
  returns: named(
    text('a name'),
    z.array(z.number({ error: 'a return such as 0.012' }), { error: 'a list of returns' }),
    'an object of returns',
  ),
});

/**
 * Daily returns of a file, by its name: CSV under a header such as `day,BTC,ETH`, or JSON with `days` and `returns`.
 * A day is one of UTC, each comes once and after the one before, and every series has every day. What is anything else
 * is unread, with the place; so is a last line without its line break, which may have been cut off.
 */
export function readReturns(source: string, text: string): ReadReturns {
  return source.toLowerCase().endsWith('.json') ? fromJson(source, text) : fromCsv(source, text);
}

const unread = (source: string, reason: string): ReadReturns => ({ state: 'unread', source, reason });

function fromJson(source: string, text: string): ReadReturns {
  const json = parseJsonText(text);
  if (!json.ok)
    return unread(
      source,
      `line ${json.line}, column ${json.column}: expected ${json.expected}, found ${json.found}`,
    );
  const checked = schema.safeParse(json.value);
  if (checked.success) return fromColumns(source, checked.data.days, Object.entries(checked.data.returns));
  const [problem] = problemsIn('', checked.error.issues, json.value);
  // Without a place, it is the whole file that is something else.
  const path = problem?.path.replace(/^: ?/, '') ?? '';
  return unread(
    source,
    `${path === '' ? '' : `${path}: `}expected ${problem?.expected}, found ${problem?.found}`,
  );
}

function fromCsv(source: string, text: string): ReadReturns {
  const [header = '', ...lines] = text
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  const [first, ...names] = header.split(',');
  if (text === '') return unread(source, 'expected a header such as day,BTC,ETH, found an empty file');
  if (!text.endsWith('\n')) return unread(source, 'expected lines with their line breaks, found no end');
  if (first !== 'day' || names.length === 0 || names.includes('') || new Set(names).size !== names.length)
    return unread(
      source,
      `line 1: expected a header such as day,BTC,ETH, each name once, found ${header.slice(0, 60)}`,
    );
  if (lines.length > DAYS_MAX)
    return unread(source, `expected at most ${DAYS_MAX} days, found ${lines.length}`);
  const rows = lines.map((line) => line.split(','));
  const wrong = rows.findIndex(
    ([, ...cells]) => cells.length !== names.length || !cells.every((cell) => NUMBER.test(cell)),
  );
  if (wrong >= 0)
    return unread(
      source,
      `line ${wrong + 2}: expected ${header.slice(0, 60)} with a number for each name, found ${(lines[wrong] ?? '').slice(0, 60)}`,
    );
  const series = names.map((name, index) => [name, rows.map((row) => Number(row[index + 1]))] as const);
  const days = rows.map(([day = '']) => day);
  return fromColumns(source, days, series);
}

function fromColumns(
  source: string,
  days: readonly string[],
  series: readonly (readonly [string, readonly number[]])[],
): ReadReturns {
  if (series.length > SERIES_MAX)
    return unread(source, `expected at most ${SERIES_MAX} series, found ${series.length}`);
  let before = Number.NEGATIVE_INFINITY;
  for (const [index, day] of days.entries()) {
    const atMs = DAY.test(day) ? Date.parse(day) : Number.NaN;
    if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 10) !== day)
      return unread(source, `day ${index + 1}: expected a day such as 2026-01-31, found ${day.slice(0, 40)}`);
    if (atMs <= before)
      return unread(source, `day ${index + 1}: expected a later day than the one before, found ${day}`);
    before = atMs;
  }
  const uneven = series.find(([, values]) => values.length !== days.length);
  if (uneven !== undefined)
    return unread(source, `${uneven[0]}: expected ${days.length} returns, found ${uneven[1].length}`);
  if (days.length === 0) return unread(source, 'expected a line for each day, found none');
  return {
    state: 'read',
    source,
    returns: Object.fromEntries(series),
    observations: days.length,
    endsAtMs: before + DAY_MS,
  };
}
