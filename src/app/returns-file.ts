import { dirname, resolve } from 'node:path';
import type { Covariance } from '../domain/rebalancing/triggers/drift.ts';
import { ledoitWolf } from '../domain/targets/covariance.ts';
import { findReturnsProblem } from '../domain/targets/return-series.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { byName, object, problemsIn } from './file-terms.ts';
import { parseJsonText } from './json-text.ts';
import { listOf, numberBetween } from './schema-terms.ts';

/** Of each group. More than this many years of days are not asked about. */
const RETURNS_MAX = 10_000;
const GROUPS_MAX = 200;

const returnsSchema = object({
  periodsPerYear: numberBetween(1, 366).default(365),
  returns: byName(
    listOf(numberBetween(-1, 1_000), { members: 'returns', min: 0, max: RETURNS_MAX }),
    'an object of lists of returns by group',
  ),
});

export type ReturnsFile =
  | { readonly ok: true; readonly covariance: Covariance }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

/**
 * The covariance of the returns that a file holds: `{"returns": {"BTC": [0.012, …], …}, "periodsPerYear": 365}`, simple
 * returns, oldest first, of the same periods for every group, thirty at least. Shrunk as Ledoit and Wolf do. Text of the
 * file; `path` is what problems call it.
 */
export function readReturns(text: string, path: string): ReturnsFile {
  const refuse = (at: string, expected: string, found: string): ReturnsFile => ({
    ok: false,
    problems: [{ path: at, expected, found }],
  });
  const json = parseJsonText(text);
  if (!json.ok)
    return refuse(path, `${json.expected} at line ${json.line}, column ${json.column}`, 'something else');
  const checked = returnsSchema.safeParse(json.value);
  if (!checked.success) return { ok: false, problems: problemsIn(path, checked.error.issues, json.value) };
  const { returns, periodsPerYear } = checked.data;
  const groups = Object.keys(returns).sort();
  if (groups.length === 0 || groups.length > GROUPS_MAX)
    return refuse(`${path}: returns`, `1 to ${GROUPS_MAX} groups`, String(groups.length));
  const problem = findReturnsProblem(returns, groups);
  if (problem !== null) return refuse(`${path}: ${problem.path}`, problem.expected, problem.found);
  const { covariance } = ledoitWolf(groups.map((group) => returns[group] ?? []));
  return { ok: true, covariance: { groups, matrix: covariance, periodsPerYear } };
}

/** The file that a configuration names, by a path that starts at the configuration's folder; no covariance without. */
export function readReturnsFile(
  file: string | undefined,
  configurationPath: string,
  readFile: (path: string) => string,
): { readonly covariance: Covariance | null; readonly problems: readonly ConfigurationProblem[] } {
  if (file === undefined) return { covariance: null, problems: [] };
  let content: string;
  try {
    content = readFile(resolve(dirname(configurationPath), file));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const found = typeof code === 'string' ? code : 'none';
    const problem = { path: 'rebalancing.returnsFile', expected: 'a JSON file that can be read', found };
    return { covariance: null, problems: [problem] };
  }
  const read = readReturns(content, file);
  return read.ok
    ? { covariance: read.covariance, problems: [] }
    : { covariance: null, problems: read.problems };
}
