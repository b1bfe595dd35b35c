import type { NewAuditEntry } from '../../../db/audit-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { findPlan } from '../../../db/plan-repository.ts';
import { readSubLedgers, saveClaims } from '../../../db/sub-ledger-repository.ts';
import { assert } from '../../domain/assert.ts';
import { type Amount, isZero, negate, sum } from '../../domain/money/amount.ts';
import { midOf } from '../../domain/rebalancing/market-terms.ts';
import type { Plan } from '../../domain/rebalancing/plan.ts';
import type { PlanInput } from '../../domain/rebalancing/plan-input.ts';
import { CASH } from '../../domain/rebalancing/targets.ts';
import { crossInternally } from '../../domain/strategies/cross-internally.ts';
import type { TargetRecord } from '../../domain/strategies/resolve-targets.ts';
import { NOBODY, strategyDeltas } from '../../domain/strategies/strategy-deltas.ts';
import { bookSubLedgerEvent, heldBy, planClaim } from './book-sub-ledgers.ts';

interface KeptPlan {
  readonly plan: Plan;
  readonly input: PlanInput;
  readonly targeting?: TargetRecord;
}

/**
 * What strategies want of each other moves between them before the plan's first order, at mid and without a fee; what is
 * left is their claim on the plan's fills. Holdings of no strategy are a party as well, so that what is there already is
 * taken over and not bought anew. Nothing where targets are plain weights. Within the transaction that `db` is.
 */
export async function crossForPlan(
  db: OpenDatabase['db'],
  hash: string,
  atMs: number,
): Promise<readonly NewAuditEntry[]> {
  const stored = await findPlan(db, hash);
  assert(stored, `a plan that is executed was kept: ${hash}`);
  const { plan, input, targeting } = stored.body as KeptPlan;
  if (targeting === undefined || targeting.allotments.every(({ strategy }) => strategy === null)) return [];
  const entries: NewAuditEntry[] = [];
  for (const asset of Object.keys(input.groups).sort()) {
    const group = input.groups[asset] ?? asset;
    const price = firstPriceOf(input, asset);
    if (group === CASH || !Object.hasOwn(input.targets, group) || price === null) continue;
    const { mid, step, cashAsset } = price;
    const ledgers = await readSubLedgers(db, [asset, cashAsset]);
    const orders = plan.orders.filter((order) => order.asset === asset);
    const traded = sum(orders.map(({ side, quantity }) => (side === 'buy' ? quantity : negate(quantity))));
    const deltas = strategyDeltas(heldBy(ledgers, asset), traded, {
      parts: partsOf(targeting, group),
      step,
    });
    const { moved, cash, crossed, remaining } = crossInternally(deltas, mid);
    if (!isZero(crossed)) {
      const event = {
        type: 'crossed',
        id: `crossed:${hash}:${asset}`,
        asset,
        moved,
        cashAsset,
        cash,
      } as const;
      await bookSubLedgerEvent(db, ledgers, event, atMs);
      const body = { planHash: hash, asset, price: mid, crossed, moved: Object.fromEntries(moved) };
      entries.push({ atMs, actor: 'rebalancing', kind: 'crossedInternally', body });
    }
    await saveClaims(db, { claim: planClaim(hash), asset }, remaining);
  }
  return entries;
}

const partsOf = ({ allotments }: TargetRecord, group: string): ReadonlyMap<string, number> =>
  new Map(
    allotments.filter((each) => each.group === group).map(({ strategy, ppm }) => [strategy ?? NOBODY, ppm]),
  );

/** The middle of the first market of the asset that has prices, by the order of venues. */
function firstPriceOf(
  { venues }: PlanInput,
  asset: string,
): { readonly mid: Amount; readonly step: Amount; readonly cashAsset: string } | null {
  for (const { markets, cashAsset } of venues) {
    const market = markets.find((each) => each.asset === asset);
    const mid = market === undefined ? null : midOf(market);
    if (market !== undefined && mid !== null) return { mid, step: market.step, cashAsset };
  }
  return null;
}
