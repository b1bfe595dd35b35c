import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { readStrategyFills } from '../../../db/strategy-fill-repository.ts';
import { readTokenMappings, saveTokenMappings } from '../../../db/target-repository.ts';
import { CASH } from '../../domain/rebalancing/targets.ts';
import { inferTokens, type TokenKnowledge, type TokenMapping } from '../../domain/strategies/infer-tokens.ts';
import type { TargetedStrategy, Targeting } from '../../domain/strategies/targeting.ts';

/**
 * What each strategy trades, by the best source that knows, in the order of the configuration. What was inferred before
 * from the same source keeps its time and its confirmation. Throws for nothing that is configured: names were checked.
 */
export function inferTokenMap(
  targeting: Targeting,
  on: {
    readonly before: readonly TokenMapping[];
    readonly fills: ReadonlyMap<string, TokenKnowledge['fills']>;
    readonly nowMs: number;
  },
): readonly TokenMapping[] {
  const { base, symbols } = targeting;
  if (base.kind === 'weights') return [];
  return base.strategies.flatMap((strategy) => {
    const known = { ...symbols, ...Object.fromEntries(configuredOf(strategy).map((each) => [each, each])) };
    const inferred = inferTokens(
      {
        strategy: strategy.id,
        configured: strategy.mixPpm === null ? null : configuredOf(strategy),
        registered: strategy.registered,
        // A trade of one cash asset for another says nothing of what a strategy is about.
        fills: (on.fills.get(strategy.id) ?? []).filter(({ asset }) => asset !== CASH),
      },
      { symbols: known, nowMs: on.nowMs },
    );
    if (inferred.state === 'refused') throw new Error(`${inferred.problem.path}: ${inferred.problem.found}`);
    return inferred.mappings.map((mapping) => sameAsBefore(mapping, on.before) ?? mapping);
  });
}

const configuredOf = ({ mixPpm }: TargetedStrategy): readonly string[] =>
  Object.keys(mixPpm ?? {}).filter((group) => group !== CASH);

const sameAsBefore = (mapping: TokenMapping, before: readonly TokenMapping[]): TokenMapping | undefined =>
  before.find(
    ({ strategy, asset, source }) =>
      strategy === mapping.strategy && asset === mapping.asset && source === mapping.source,
  );

/** What `inferTokens` looks at. */
const FILLS_WINDOW_MS = 30 * 86_400_000;

/** The map as a start would infer it now. Without a database nothing has been filled. */
export async function inferNow(
  database: Pick<OpenDatabase, 'db'> | null,
  targeting: Targeting,
  {
    before,
    nowMs,
    groupOf,
  }: {
    readonly before: readonly TokenMapping[];
    readonly nowMs: number;
    readonly groupOf: (asset: string) => string;
  },
): Promise<readonly TokenMapping[]> {
  const sinceMs = nowMs - FILLS_WINDOW_MS;
  const fills = database === null ? new Map() : await readStrategyFills(database.db, { sinceMs, groupOf });
  return inferTokenMap(targeting, { before, fills, nowMs });
}

/** Infers the map anew at a start, and keeps it with an entry in the audit log where it is another than before. */
export async function keepTokenMap(
  database: OpenDatabase,
  targeting: Targeting | undefined,
  { nowMs, groupOf }: { readonly nowMs: number; readonly groupOf: (asset: string) => string },
): Promise<void> {
  const before = await readTokenMappings(database.db);
  const mappings =
    targeting === undefined ? [] : await inferNow(database, targeting, { before, nowMs, groupOf });
  const sorted = (all: readonly TokenMapping[]) =>
    all.map((each) => JSON.stringify([each.strategy, each.asset, each])).sort();
  if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(mappings))) return;
  await inTransaction(database.db, async (trx) => {
    await saveTokenMappings(trx, mappings);
    const entry = { atMs: nowMs, actor: 'targets', kind: 'tokensInferred', body: { mappings } };
    await appendAudit(trx, [entry]);
  });
}
