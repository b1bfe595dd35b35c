import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { toAtoms } from '../domain/money/amount.ts';
import { CASH, parseTargets, type TargetWeights, WEIGHT_TOTAL_PPM } from '../domain/rebalancing/targets.ts';
import type { Signal } from '../domain/signals/signal.ts';
import { apportion } from '../domain/targets/apportion.ts';
import { deriveAggregated } from '../domain/targets/derive-aggregated.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { problemsIn, ROWS_MAX } from './file-terms.ts';
import { parseJsonText } from './json-text.ts';
import type { CheckedFile } from './read-checked-file.ts';
import { type SignalsDocument, signalsDocument } from './signals-document.ts';
import {
  type SignalFlags,
  type SignalsFile,
  signalFlagsSchema,
  signalsFileSchema,
} from './signals-file-schema.ts';
import { aggregationProblems } from './targeting/aggregation-claims.ts';
import { aggregationOf } from './targeting/aggregation-schema.ts';
import { isCsv, readSignalRows } from './targeting/read-signals.ts';

export type SignalsFileAggregation =
  | { readonly state: 'aggregated'; readonly document: SignalsDocument }
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/** A file above this size holds more than `ROWS_MAX` signals. */
const FILE_LENGTH_MAX = 20_000_000;

/**
 * Aggregates the signals of a file, without a venue, a database or a clock: `asOf` is that of the flags, else of the
 * file, else the time of the newest signal. docs/SIGNALS.md has the shape of the file. `flags` are as they were written,
 * by the names of `signalFlagsSchema`. Never throws for what a file or a flag holds.
 */
export function aggregateSignalsFile(
  path: string,
  flags: Readonly<Record<string, string>> = {},
): SignalsFileAggregation {
  const told = readFlags(flags);
  if (!told.ok) return { state: 'refused', problems: told.problems };
  const read = readFile(path);
  if (!read.ok) return { state: 'refused', problems: read.problems };
  const written = withFlags(read.value, told.value);
  const { signals, reach, minCash } = written;
  const aggregation = aggregationOf(written.aggregation);
  const asOfMs = written.asOf ?? newestMs(signals);
  const base = baseOf(written);
  const problems = base.ok ? claims(written, { path, asOfMs, base: base.value }) : base.problems;
  if (!base.ok || problems.length > 0 || asOfMs === null)
    return {
      state: 'refused',
      problems: problems.map((each) => ({ ...each, path: placeOf(path, each.path) })),
    };
  const cashMinPpm = minCash === undefined ? 0 : Number(toAtoms(minCash, 6));
  const rules = { sources: [], reach, cashMinPpm };
  const outcome = deriveAggregated(base.value, signals, { rules, aggregation, nowMs: asOfMs });
  if (outcome.state === 'refused')
    return {
      state: 'refused',
      problems: [{ ...outcome.problem, path: placeOf(path, outcome.problem.path) }],
    };
  const { targets, notes, aggregates = [] } = outcome;
  const { method } = aggregation;
  return {
    state: 'aggregated',
    document: signalsDocument({ asOfMs, method, aggregates, targets, notes, unheard: unheard(written) }),
  };
}

function readFlags(flags: Readonly<Record<string, string>>): CheckedFile<SignalFlags> {
  const entries = Object.entries(flags).map(([key, value]) => {
    const isNumber = !DECIMAL_TEXT.includes(key) && /^-?\d+(?:\.\d+)?$/.test(value);
    return [key, isNumber ? Number(value) : value] as const;
  });
  const raw = Object.fromEntries(entries);
  const parsed = signalFlagsSchema.safeParse(raw);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = problemsIn('', parsed.error.issues, raw);
  return { ok: false, problems: problems.map((each) => ({ ...each, path: flagOf(each.path) })) };
}

/** Weights are exact text, not numbers. */
const DECIMAL_TEXT = ['maxSourceWeight', 'minCash'];
const flagOf = (path: string): string =>
  `--${path.replace(/^: /, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function withFlags(file: SignalsFile, flags: SignalFlags): SignalsFile {
  const { asOf, reach, minCash, ...aggregation } = flags;
  return {
    ...file,
    ...defined({ asOf, reach, minCash }),
    aggregation: { ...file.aggregation, ...defined(aggregation) },
  };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;

/** A list of signals, signals with their settings, or rows. */
function readFile(path: string): CheckedFile<SignalsFile> {
  const refuse = (expected: string, found: string) =>
    ({ ok: false, problems: [{ path, expected, found }] }) as const;
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return refuse('a JSON or CSV file that can be read', typeof code === 'string' ? code : 'none');
  }
  if (source.length > FILE_LENGTH_MAX)
    return refuse(`at most ${FILE_LENGTH_MAX} characters`, `${source.length} characters`);
  if (isCsv(path)) {
    const rows = readSignalRows(path, source, ROWS_MAX);
    return rows.ok
      ? { ok: true, value: { ...signalsFileSchema.parse({ signals: [] }), signals: [...rows.value] } }
      : rows;
  }
  const json = parseJsonText(source);
  if (!json.ok) return refuse(`${json.expected} at line ${json.line}, column ${json.column}`, json.found);
  const raw = Array.isArray(json.value) ? { signals: json.value } : json.value;
  return checked(path, signalsFileSchema, raw);
}

function checked<T>(path: string, schema: z.ZodType<T>, raw: unknown): CheckedFile<T> {
  const parsed = schema.safeParse(raw);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, problems: problemsIn(path, parsed.error.issues, raw) };
}

/** Such as "signals.json: targets.BTC"; of rows, by their line. */
const placeOf = (path: string, place: string): string =>
  `${path}: ${isCsv(path) ? place.replace(/^signals\[(\d+)\]/, (_, index: string) => `line ${Number(index) + 2}`) : place}`;

const newestMs = (signals: readonly Signal[]): number | null =>
  signals.length === 0 ? null : signals.reduce((newest, { atMs }) => Math.max(newest, atMs), 0);

/** As written, or an equal part of every asset that a signal is about, and of cash. */
function baseOf({ targets, signals }: SignalsFile): CheckedFile<TargetWeights> {
  if (targets !== undefined) {
    const parsed = parseTargets(targets);
    return parsed.state === 'parsed'
      ? { ok: true, value: parsed.targets }
      : { ok: false, problems: [parsed.problem] };
  }
  const parts = [...new Set([CASH, ...signals.map(({ asset }) => asset)])].map((id) => ({ id, part: 1n }));
  const shares = [...apportion(parts, BigInt(WEIGHT_TOTAL_PPM))];
  return { ok: true, value: Object.fromEntries(shares.map(([id, ppm]) => [id, Number(ppm)])) };
}

const unheard = ({ aggregation, signals }: SignalsFile): readonly string[] =>
  Object.keys(aggregation.sources).filter((name) => !signals.some(({ source }) => source === name));

/** What the schema cannot see, because it lies between two places of the file. */
function claims(
  { signals, aggregation }: SignalsFile,
  on: { readonly path: string; readonly asOfMs: number | null; readonly base: TargetWeights },
): readonly ConfigurationProblem[] {
  const cash = signals.findIndex(({ asset }) => asset === CASH);
  return [
    ...(on.asOfMs === null
      ? [{ path: 'asOf', expected: 'a time, as there is no signal of which to take it', found: 'nothing' }]
      : []),
    ...(cash === -1
      ? []
      : [{ path: `signals[${cash}].asset`, expected: 'an asset or a group, and not cash', found: CASH }]),
    ...aggregationProblems(aggregation, {
      path: ['aggregation'],
      // One that has said nothing yet is no mistake: it is unheard.
      sources: new Set(Object.keys(aggregation.sources)),
      assets: new Set(Object.keys(on.base)),
    }),
  ];
}
