import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { readLedgerByTime } from '../../../db/ledger-stream.ts';
import { readLastReconciledAt } from '../../../db/report-repository.ts';
import { readStrategyEvents } from '../../../db/sub-ledger-event-repository.ts';
import {
  readValuations,
  readValuationTotals,
  removeBackfilled,
  saveValuation,
} from '../../../db/valuation-repository.ts';
import { ONE } from '../../domain/money/amount.ts';
import { type HeldThen, heldOverTime } from '../../domain/valuation/held-over-time.ts';
import { type PricePoint, priceHistory } from '../../domain/valuation/price-history.ts';
import { makeValuation, type PriceOf, unpricedOf, type Valuation } from '../../domain/valuation/valuation.ts';
import { midnightsBetween, startOfDay } from '../../domain/valuation/valuation-schedule.ts';
import { CASH_GROUP } from '../../domain/venue/prices.ts';
import { type AssetId, isPerpetualAsset, type VenueId } from '../../domain/venue/venue.ts';

/** A price of a day's close serves until the next: an older one is none. */
export const BACKFILL_PRICE_AGE_MAX_MS = 86_400_000;
/** A valuation that was recorded so soon after 00:00 UTC stands for it. */
const LATE_MAX_MS = 300_000;
/** Valuations that are written in one transaction: nobody who writes waits for more. */
const BATCH = 200;
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

export interface BackfillRequest {
  readonly fromMs: number;
  /** Not after now. */
  readonly toMs: number;
  readonly prices: readonly PricePoint[];
  /** What was reckoned before is removed first. */
  readonly isAnew: boolean;
  readonly groupOf: (asset: AssetId) => string;
  /** Whether a perpetual counts with its notional at a venue. */
  readonly carriesNotional: (venue: VenueId) => boolean;
  readonly by: string;
  readonly nowMs: number;
}

export interface Backfilled {
  readonly added: number;
  /** Of those that were looked for, what was there already: recorded, or from an earlier time. */
  readonly present: number;
  /** Of what was added: something held had no price. */
  readonly incomplete: number;
  /** Of which no price is known at any time: what was added without one, with in how many valuations. */
  readonly unpriced: Readonly<Record<AssetId, number>>;
  /** Left out, because something held has a price at other times and none at this one: better prices fill it. */
  readonly skipped: number;
  /** What lacked one then, with how often. */
  readonly gaps: Readonly<Record<AssetId, number>>;
}

/**
 * Reckons the valuations at every 00:00 UTC and before every flow that a book has none of, by what had happened by then
 * and the prices of a file or of other valuations. Keeps what is there; twice the same adds nothing the second time.
 *
 * @param read another connection than `db`, which writes meanwhile.
 */
export async function backfillValuations(
  { db, read }: { readonly db: OpenDatabase['db']; readonly read: OpenDatabase['db'] },
  request: BackfillRequest,
  onProgress: (reached: { readonly atMs: number; readonly added: number }) => void,
): Promise<Backfilled> {
  const { fromMs, toMs, groupOf, by, nowMs } = request;
  if (request.isAnew) await removeEarlier(db, request);
  const there = await readValuationTotals(read, {
    fromMs,
    toMs: toMs + LATE_MAX_MS,
    tiers: null,
    limit: NO_LIMIT,
  });
  const midnights = midnightsBetween(fromMs, toMs);
  const scheduled = there.flatMap(({ beforeTransaction, atMs }) =>
    beforeTransaction === null ? [atMs] : [],
  );
  const taken = new Set(
    scheduled.filter((atMs) => atMs - startOfDay(atMs) <= LATE_MAX_MS).map((atMs) => startOfDay(atMs)),
  );
  const times = midnights.filter((atMs) => !taken.has(atMs));
  const flows = new Set(there.flatMap(({ beforeTransaction }) => beforeTransaction ?? []));
  const points = [...request.prices, ...(await knownPrices(read, request))];
  const pricesAt = priceHistory(points, { groupOf, ageMaxMs: BACKFILL_PRICE_AGE_MAX_MS });
  const pricedGroups = new Set(points.map(({ asset }) => groupOf(asset)));
  const certified = new Map<VenueId, number | null>();
  const strategyEvents = await readStrategyEvents(read);
  const outcome = { added: 0, present: midnights.length - times.length, incomplete: 0, skipped: 0 };
  const unpriced: Record<AssetId, number> = {};
  const gaps: Record<AssetId, number> = {};
  const count = (counts: Record<AssetId, number>, assets: readonly AssetId[]): void => {
    for (const asset of new Set(assets)) counts[asset] = (counts[asset] ?? 0) + 1;
  };

  const save = async (batch: readonly HeldThen[]): Promise<void> => {
    for (const { holdings } of batch)
      for (const { venue } of holdings)
        if (!certified.has(venue)) certified.set(venue, await readLastReconciledAt(db, venue));
    await inTransaction(db, async (trx) => {
      for (const held of batch) {
        const valuation = valueThen(held, { pricesAt, certified, request });
        // Before anything was held there is nothing to be worth anything.
        if (valuation.venues.length === 0) continue;
        const without = unpricedOf(valuation).map(({ asset }) => asset);
        const missing = without.filter((asset) => pricedGroups.has(groupOf(asset)));
        // Kept for ever without a price that somebody has, it would stand in the way of a better one.
        if (missing.length > 0) {
          outcome.skipped += 1;
          count(gaps, missing);
          continue;
        }
        const isFlow = held.beforeTransaction !== null;
        const isAdded = await saveValuation(trx, valuation, {
          tier: isFlow ? 'flow' : 'daily',
          origin: 'backfilled',
          transactionSequence: null,
          beforeTransaction: held.beforeTransaction,
        });
        outcome[isAdded ? 'added' : 'present'] += 1;
        if (!isAdded) continue;
        if (!valuation.isComplete) outcome.incomplete += 1;
        count(unpriced, without);
      }
    });
    onProgress({ atMs: batch.at(-1)?.atMs ?? fromMs, added: outcome.added });
  };

  await readLedgerByTime(read, async (streamed) => {
    let batch: HeldThen[] = [];
    const transactions = (function* () {
      for (const { transaction } of streamed) yield transaction;
    })();
    for (const held of heldOverTime(
      { transactions, strategyEvents },
      { times, flows: { fromMs, toMs }, groupOf },
    )) {
      if (held.beforeTransaction !== null && flows.has(held.beforeTransaction)) {
        outcome.present += 1;
        continue;
      }
      batch.push(held);
      if (batch.length < BATCH) continue;
      await save(batch);
      batch = [];
    }
    if (batch.length > 0) await save(batch);
  });
  await appendAudit(db, [
    { atMs: nowMs, actor: by, kind: 'valuationsBackfilled', body: { fromMs, toMs, ...outcome } },
  ]);
  return { ...outcome, unpriced, gaps };
}

async function removeEarlier(db: OpenDatabase['db'], { fromMs, toMs }: BackfillRequest): Promise<void> {
  for (;;) if ((await removeBackfilled(db, { fromMs, toMs, limit: BATCH })) < BATCH) return;
}

/** What valuations of the time say that prices were. */
async function knownPrices(
  read: OpenDatabase['db'],
  { fromMs, toMs, groupOf }: BackfillRequest,
): Promise<readonly PricePoint[]> {
  const kept = await readValuations(read, {
    fromMs: fromMs - BACKFILL_PRICE_AGE_MAX_MS,
    toMs,
    tiers: null,
    limit: NO_LIMIT,
  });
  return kept.flatMap(({ holdings }) =>
    holdings.flatMap(({ asset, price }) =>
      price === null || groupOf(asset) === CASH_GROUP ? [] : [{ asset, ...price }],
    ),
  );
}

function valueThen(
  { atMs, holdings, strategies }: HeldThen,
  on: {
    readonly pricesAt: (atMs: number) => PriceOf;
    readonly certified: ReadonlyMap<VenueId, number | null>;
    readonly request: BackfillRequest;
  },
): Valuation {
  const { groupOf, carriesNotional } = on.request;
  const priceOf: PriceOf = (asset) =>
    groupOf(asset) === CASH_GROUP ? { price: ONE, source: 'cash', atMs } : on.pricesAt(atMs)(asset);
  const venues = [...new Set(holdings.map(({ venue }) => venue))].map((venue) => {
    const certifiedAtMs = on.certified.get(venue) ?? null;
    // Book and venue agreed later on, with all of this in the book.
    return { venue, certifiedAtMs, isCertified: certifiedAtMs !== null && certifiedAtMs >= atMs };
  });
  const held = holdings.filter(({ venue, asset }) => !isPerpetualAsset(asset) || carriesNotional(venue));
  return makeValuation({ atMs, venues, holdings: held, strategies }, priceOf);
}
