import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { problemsIn } from './file-terms.ts';
import { parseJsonText } from './json-text.ts';

/** A file above this size is not an account of a bot. */
const FILE_LENGTH_MAX = 20_000_000;

/** What a file holds, checked, or everything that is wrong with it. */
export type CheckedFile<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

/** Reads a JSON file and checks it. Problems name the file, the place in it, what was expected and what was found. */
export function readCheckedFile<T>(path: string, schema: z.ZodType<T>): CheckedFile<T> {
  const refuse = (expected: string, found: string): CheckedFile<T> => ({
    ok: false,
    problems: [{ path, expected, found }],
  });
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return refuse('a JSON file that can be read', typeof code === 'string' ? code : 'none');
  }
  if (source.length > FILE_LENGTH_MAX)
    return refuse(`at most ${FILE_LENGTH_MAX} characters`, `${source.length} characters`);
  if (source.trim() === '') return refuse('a JSON file', 'an empty one');
  const json = parseJsonText(source);
  if (!json.ok) return refuse(`${json.expected} at line ${json.line}, column ${json.column}`, json.found);
  const checked = schema.safeParse(json.value);
  return checked.success
    ? { ok: true, value: checked.data }
    : { ok: false, problems: problemsIn(path, checked.error.issues, json.value) };
}
