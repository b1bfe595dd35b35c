import { dirname, resolve } from 'node:path';
import type * as z from 'zod';
import type { ConfigurationProblem } from '../configuration-problem.ts';
import { byName, object, problemsIn } from '../file-terms.ts';
import { parseJsonText } from '../json-text.ts';
import { listOf, text } from '../schema-terms.ts';

const schema = byName(
  object({
    traded_tokens: listOf(text('the name of an asset'), { members: 'assets', min: 0, max: 1_000 }),
  }),
  'an object of strategies',
);

/** What a registry of strategies lists as traded: strategy → groups, of the strategies that are configured. */
export function readRegistry(
  name: string,
  on: {
    readonly path: string;
    readonly readFile: (path: string) => string;
    readonly ids: readonly string[];
    readonly traded: ReadonlySet<string>;
    readonly groupOf: (name: string) => string;
  },
): {
  readonly registered: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly ConfigurationProblem[];
} {
  const { ids, traded, groupOf } = on;
  const refused = (problems: readonly ConfigurationProblem[]) => ({ registered: new Map(), problems });
  let source: string;
  try {
    source = on.readFile(resolve(dirname(on.path), name));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const found = typeof code === 'string' ? code : 'none';
    return refused([{ path: 'strategyRegistry', expected: 'the path of a file that can be read', found }]);
  }
  const json = parseJsonText(source);
  if (!json.ok) {
    const expected = `${json.expected} at line ${json.line}, column ${json.column}`;
    return refused([{ path: name, expected, found: json.found }]);
  }
  const checked = schema.safeParse(json.value);
  if (!checked.success)
    return refused(problemsIn(name, checked.error.issues as z.core.$ZodIssue[], json.value));
  const own = Object.entries(checked.data).filter(([id]) => ids.includes(id));
  const listed = own.map(
    ([id, { traded_tokens }]) => [id, [...new Set(traded_tokens.map(groupOf))]] as const,
  );
  const problems = listed.flatMap(([id, groups]) =>
    groups
      .filter((group) => !traded.has(group))
      .map((group) => ({
        path: `${name}: ${id}.traded_tokens`,
        expected: 'assets of which some venue has a market',
        found: `"${group}"`,
      })),
  );
  return { registered: new Map(listed), problems };
}
