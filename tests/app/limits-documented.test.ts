import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { configurationSchema } from '../../src/app/configuration-schema.ts';
import { limitsOf } from '../../src/app/limits-schema.ts';
import { type SchemaNode, schemaTree } from '../../src/app/schema-tree.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import { DEFAULT_RISK_LIMITS } from '../../src/domain/risk/risk-limits.ts';
import { tableUnder } from '../support/markdown-table.ts';

const { limits } = configurationSchema.parse({ venues: [] });
const tree = schemaTree(configurationSchema).properties?.limits ?? {};

it('documents every limit with its default and its meaning', () => {
  expect(tableUnder(readFileSync('docs/OPERATING.md', 'utf8'), '## Limits')).toEqual(
    rowsOf(limits, tree, ''),
  );
});

it('has the defaults of the planner and of the limits, each as one number, but none that would overrule targets', () => {
  const { maxPositionPct, maxVenuePct, maxClusterPct, maxTurnoverPerDay, ...others } = DEFAULT_RISK_LIMITS;
  expect(limitsOf(limits)).toEqual({ ...others, ...DEFAULT_LIMITS });
});

/** One row for each value; what groups them is told in the row of the first. */
function rowsOf(section: object, node: SchemaNode, prefix: string): readonly (readonly string[])[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]): readonly (readonly string[])[] => {
    const value = (section as Readonly<Record<string, unknown>>)[key];
    const name = `${prefix}${key}`;
    if (value === undefined) return [[`\`${name}\``, '–', child.description ?? '']];
    if (typeof value !== 'object' || value === null)
      return [[`\`${name}\``, `\`${value}\``, child.description ?? '']];
    return [[`\`${name}\``, '', child.description ?? ''], ...rowsOf(value, child, `${name}.`)];
  });
}
