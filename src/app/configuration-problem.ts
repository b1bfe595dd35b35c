import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { childNode, nodeFor, type SchemaNode } from './schema-tree.ts';

/** One thing that is wrong with a configuration, for the person who wrote it. Never holds a secret. */
export interface ConfigurationProblem {
  /** Where: "venues[0].policy", or the name of an environment variable or flag. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

type Path = readonly PropertyKey[];

const NOT_SHOWN = 'a value that is not shown';

/** Longer text is not quoted: a key in the wrong place is longer, an address or a name is not. */
const QUOTED_MAX = 48;

/** What the schema complains of, in the words of a configuration. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
  tree: SchemaNode,
): readonly ConfigurationProblem[] {
  const problems = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey([...issue.path, key], raw, tree));
    }
    const isWrongKind = issue.code === 'invalid_union' && issue.path.at(-1) === 'kind';
    const expected = isWrongKind ? kindsOf(issue.message) : expectedOf(issue);
    return [{ path: pathText(issue.path), expected, found: foundText(valueAt(raw, issue.path), issue.path) }];
  });
  // One value can break several rules of one expectation; it is told once.
  return [...new Map(problems.map((problem) => [`${problem.path} ${problem.expected}`, problem])).values()];
}

/** "venues[0].scope.owner"; "$" is the whole document. */
export function pathText(path: Path): string {
  if (path.length === 0) return '$';
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      if (name.length > QUOTED_MAX) return `[a key of ${name.length} characters]`;
      return /^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

/** Of a key that is no name, what a name is rather than what stands under it. */
export const expectedOf = (issue: z.core.$ZodIssue): string =>
  (issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined) ?? issue.message;

/** What stands in a place, as far as it may be shown. */
export function foundText(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (path.some((key) => /credential|secret|private|mnemonic|password/i.test(String(key)))) return NOT_SHOWN;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return quoted(value);
  return JSON.stringify(value);
}

/** Text in quotes; of a URL only the place it leads to, because the rest of it is often a key. */
export function quoted(text: string): string {
  if (text.includes('://') || text.includes('@'))
    return URL.canParse(text) ? originOf(new URL(text)) : NOT_SHOWN;
  return text.length <= QUOTED_MAX ? JSON.stringify(text) : `text of ${text.length} characters`;
}

function originOf(url: URL): string {
  return url.host === '' ? NOT_SHOWN : `a URL at "${url.protocol}//${url.host}"`;
}

function unknownKey(path: Path, raw: unknown, tree: SchemaNode): ConfigurationProblem {
  const key = String(path.at(-1));
  const known = knownKeys(path.slice(0, -1), raw, tree);
  const meant = nearestName(key, known);
  const names = known.map((name) => `"${name}"`).join(', ');
  return {
    path: pathText(path),
    expected: meant === null ? `one of ${names}` : `a known key, perhaps "${meant}"`,
    found: 'an unknown key',
  };
}

function knownKeys(path: Path, raw: unknown, tree: SchemaNode): readonly string[] {
  let node: SchemaNode | null = nodeFor(tree, raw);
  for (const [index, key] of path.entries()) {
    const child: SchemaNode | null = node === null ? null : childNode(node, key);
    node = child === null ? null : nodeFor(child, valueAt(raw, path.slice(0, index + 1)));
  }
  return Object.keys(node?.properties ?? {});
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    raw,
  );
}

/** The schema's message speaks of the whole object; under its "kind" only the names are wanted. */
const kindsOf = (message: string): string => message.replace(/^.*: /, '');
