import { readLiveOrders } from '../../db/book-order-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { readDiscrepancies } from '../../db/discrepancy-repository.ts';
import { readGates } from '../../db/gate-repository.ts';
import { readIntentsUnderWay } from '../../db/order-intent-repository.ts';
import { readPlans } from '../../db/plan-repository.ts';
import { findVenueState } from '../../db/venue-state-repository.ts';
import { type OrderState, statusOf } from '../domain/book/order-state.ts';
import { type Amount, subtract } from '../domain/money/amount.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import type { Discrepancy } from '../domain/reconciliation/discrepancy.ts';
import type { VenueMode } from '../domain/reconciliation/gate.ts';
import type { AssetId, Side, VenueId } from '../domain/venue/venue.ts';
import { OPEN_STATES } from './list-discrepancies.ts';
import { shortIdsOf } from './short-ids.ts';

/** What a discrepancy holds up, and what else moves the same assets. */
export interface BlastRadius {
  readonly venue: VenueId;
  readonly mode: VenueMode;
  readonly modeReason: string;
  /** Closed because of it: the gates of its assets, and all of the venue's where its mode closes them. */
  readonly closedGates: readonly {
    readonly asset: AssetId;
    readonly reason: string;
    readonly sinceMs: number;
  }[];
  /** Other open ones of the same assets, at any venue. */
  readonly discrepancies: readonly {
    readonly id: string;
    readonly shortId: string;
    readonly venue: VenueId;
    readonly asset: AssetId;
    readonly delta: Amount;
    readonly state: string;
  }[];
  readonly openOrders: readonly OrderOnAsset[];
  /** Plans under way or not decided on, with orders at the venue: no order goes out before the venue agrees. */
  readonly plans: readonly {
    readonly hash: string;
    readonly status: string;
    readonly atMs: number;
    readonly orders: number;
  }[];
}

export interface OrderOnAsset {
  readonly venue: VenueId;
  readonly clientOrderId: string;
  readonly market: string;
  readonly side: Side;
  /** What may still fill; null while the submission has not been heard of. */
  readonly remaining: Amount | null;
  readonly status: string;
}

const PLANS_MAX = 20;
/** What has not come to its end: approved and under way, or left to a person. */
const WAITING_PLANS = ['executing', 'needsPerson'];

/** What depends on discrepancies of one venue, as it was last written. */
export async function readBlastRadius(
  db: OpenDatabase['db'],
  discrepancies: readonly Discrepancy[],
  venue: VenueId,
): Promise<BlastRadius> {
  const state = await findVenueState(db, venue);
  const mode = state === null || state.opening.state === 'unopened' ? 'unopened' : state.mode;
  const modeReason = state?.modeReason ?? '';
  const open = discrepancies.filter((each) => OPEN_STATES.includes(each.state));
  const assets = new Set(discrepancies.map(({ asset }) => asset));
  const closed = (await readGates(db, venue)).filter((gate) => gate.state === 'closed');
  return {
    venue,
    mode,
    modeReason,
    closedGates: closed
      .filter(({ asset, reason }) => assets.has(asset) || (mode !== 'active' && reason === modeReason))
      .filter(() => open.length > 0)
      .map(({ asset, reason, sinceMs }) => ({ asset, reason, sinceMs })),
    discrepancies: await othersOpen(db, discrepancies, assets),
    openOrders: await ordersOn(db, assets),
    plans: await plansAt(db, venue),
  };
}

async function othersOpen(
  db: OpenDatabase['db'],
  own: readonly Discrepancy[],
  assets: ReadonlySet<AssetId>,
): Promise<BlastRadius['discrepancies']> {
  const others = (await readDiscrepancies(db, { states: OPEN_STATES })).filter(
    ({ id, asset }) => assets.has(asset) && !own.some((each) => each.id === id),
  );
  const short = await shortIdsOf(
    db,
    others.map(({ id }) => id),
  );
  return others.map(({ id, venue, asset, state, body }) => ({
    id,
    shortId: short.get(id) ?? id,
    venue,
    asset,
    delta: (body as Discrepancy).delta,
    state,
  }));
}

async function ordersOn(
  db: OpenDatabase['db'],
  assets: ReadonlySet<AssetId>,
): Promise<readonly OrderOnAsset[]> {
  const unknown = new Set(
    (await readIntentsUnderWay(db, null))
      .filter(({ status }) => status === 'submitting' || status === 'outcomeUnknown')
      .map(({ instruction }) => `${instruction.venue} ${instruction.clientOrderId}`),
  );
  return (await readLiveOrders(db)).flatMap((order) =>
    orderOn(order, assets, unknown.has(`${order.venue} ${order.clientOrderId}`)),
  );
}

function orderOn(
  order: OrderState,
  assets: ReadonlySet<AssetId>,
  isUnknown: boolean,
): readonly OrderOnAsset[] {
  const { venue, clientOrderId, terms, submitted, filledQuantity } = order;
  if (terms === null || !(assets.has(terms.base) || assets.has(terms.quote))) return [];
  const { market, side } = terms;
  const remaining = submitted && subtract(submitted.quantity, filledQuantity);
  const status = isUnknown ? 'outcome unknown' : statusOf(order);
  return [{ venue, clientOrderId, market, side, remaining, status }];
}

async function plansAt(db: OpenDatabase['db'], venue: VenueId): Promise<BlastRadius['plans']> {
  const waiting = await readPlans(db, { statuses: WAITING_PLANS, limit: PLANS_MAX });
  // Of those that were only made, a later one takes the place of an earlier.
  const [newest] = await readPlans(db, { limit: 1 });
  const plans = newest?.status === 'planned' ? [newest, ...waiting] : waiting;
  return plans.flatMap(({ hash, status, atMs, body }) => {
    const { orders } = (body as { readonly plan: Plan }).plan;
    const count = orders.filter((order) => order.venue === venue).length;
    return count === 0 ? [] : [{ hash, status, atMs, orders: count }];
  });
}
