import * as z from 'zod';

/** The part of JSON Schema that describes our configuration. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | SchemaNode;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
}

/** A schema of the configuration as a tree of explained keys. */
export function schemaTree(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
}

/** The node for a value: of alternatives, the one with the same "kind"; null where there is none. */
export function nodeFor(node: SchemaNode, value: unknown): SchemaNode | null {
  if (node.oneOf === undefined) return node;
  const kind = (value as { kind?: unknown } | null)?.kind;
  return node.oneOf.find((alternative) => alternative.properties?.kind?.const === kind) ?? null;
}

/** The node under a key or an index of a value. */
export function childNode(node: SchemaNode, key: PropertyKey): SchemaNode | null {
  if (typeof key === 'number') return node.items ?? null;
  const property = node.properties?.[String(key)];
  if (property !== undefined) return property;
  return node.additionalProperties === undefined || node.additionalProperties === false
    ? null
    : node.additionalProperties;
}
