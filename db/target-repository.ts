import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { Signal } from '../src/domain/signals/signal.ts';
import type { TokenMapping } from '../src/domain/strategies/infer-tokens.ts';
import type { Database } from './tables.ts';
import type { TokenMappingTable } from './target-tables.ts';

/** Keeps a signal in place of the one before of its source and asset. */
export async function saveSignal(db: Kysely<Database>, signal: Signal, recordedAtMs: number): Promise<void> {
  const { source, asset, atMs, expiresAtMs } = signal;
  const row = {
    at_ms: atMs,
    expires_at_ms: expiresAtMs,
    body: canonicalJson(signal),
    recorded_at_ms: recordedAtMs,
  };
  await db
    .insertInto('signal')
    .values({ source, asset, ...row })
    .onConflict((conflict) => conflict.columns(['source', 'asset']).doUpdateSet(row))
    .execute();
}

/** The newest signal of each source and asset, expired ones included, sorted. */
export async function readSignals(db: Kysely<Database>): Promise<readonly Signal[]> {
  const rows = await db.selectFrom('signal').select('body').orderBy('source').orderBy('asset').execute();
  return rows.map(({ body }) => JSON.parse(body) as Signal);
}

/** Keeps a signal beside those before it of its source and asset, of which the newest `historyMax` stay. */
export async function addToSignalHistory(
  db: Kysely<Database>,
  signal: Signal,
  historyMax: number,
): Promise<void> {
  const { source, asset, atMs } = signal;
  await db
    .insertInto('signal_history')
    .values({ source, asset, at_ms: atMs, body: canonicalJson(signal) })
    .execute();
  const oldest = await db
    .selectFrom('signal_history')
    .select('at_ms')
    .where('source', '=', source)
    .where('asset', '=', asset)
    .orderBy('at_ms', 'desc')
    .offset(historyMax)
    .limit(1)
    .executeTakeFirst();
  if (oldest === undefined) return;
  await db
    .deleteFrom('signal_history')
    .where('source', '=', source)
    .where('asset', '=', asset)
    .where('at_ms', '<=', oldest.at_ms)
    .execute();
}

/** What sources have said up to now where it is aggregated, sorted; empty where it never was. */
export async function readSignalHistory(db: Kysely<Database>): Promise<readonly Signal[]> {
  const rows = await db
    .selectFrom('signal_history')
    .select('body')
    .orderBy('source')
    .orderBy('asset')
    .orderBy('at_ms')
    .execute();
  return rows.map(({ body }) => JSON.parse(body) as Signal);
}

/** What is known of what strategies trade, sorted by strategy and asset. */
export async function readTokenMappings(db: Kysely<Database>): Promise<readonly TokenMapping[]> {
  const rows = await db
    .selectFrom('token_mapping')
    .selectAll()
    .orderBy('strategy')
    .orderBy('asset')
    .execute();
  return rows.map(mappingFrom);
}

/** Keeps the whole map in place of the one before. */
export async function saveTokenMappings(
  db: Kysely<Database>,
  mappings: readonly TokenMapping[],
): Promise<void> {
  await db.deleteFrom('token_mapping').execute();
  for (const mapping of mappings) await db.insertInto('token_mapping').values(rowOf(mapping)).execute();
}

const rowOf = (mapping: TokenMapping): TokenMappingTable => ({
  strategy: mapping.strategy,
  asset: mapping.asset,
  source: mapping.source,
  confidence: mapping.confidence,
  evidence: mapping.evidence,
  inferred_at_ms: mapping.inferredAtMs,
  confirmed_by: mapping.confirmation?.by ?? null,
  confirmed_at_ms: mapping.confirmation?.atMs ?? null,
});

const mappingFrom = (row: TokenMappingTable): TokenMapping => ({
  strategy: row.strategy,
  asset: row.asset,
  source: row.source,
  confidence: row.confidence,
  evidence: row.evidence,
  inferredAtMs: row.inferred_at_ms,
  confirmation:
    row.confirmed_by === null || row.confirmed_at_ms === null
      ? null
      : { by: row.confirmed_by, atMs: row.confirmed_at_ms },
});

/** What the newest plan was made for, as it was kept with it; null where there is none. */
export async function readNewestTargeting(db: Kysely<Database>): Promise<unknown> {
  const row = await db
    .selectFrom('plan')
    .select('body')
    .orderBy('at_ms', 'desc')
    .orderBy('hash')
    .limit(1)
    .executeTakeFirst();
  return row === undefined
    ? null
    : ((JSON.parse(row.body) as { readonly targeting?: unknown }).targeting ?? null);
}
