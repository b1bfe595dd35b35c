import { totalOf, viewOf } from '../../domain/book/book-state.ts';
import type { Amount } from '../../domain/money/amount.ts';
import type { TransferUnderWay } from '../../domain/reconciliation/candidates-of-structure.ts';
import { type InFlight, inFlightOrder, inFlightTransfer } from '../../domain/reconciliation/in-flight.ts';
import { defaultTolerances, type Tolerances } from '../../domain/reconciliation/tolerance.ts';
import { quietWindowOf } from '../../domain/reconciliation/venue-lag.ts';
import type { VenueStanding } from '../../domain/reconciliation/venue-round.ts';
import type { TransferIntent } from '../../domain/transfer/transfer-intent.ts';
import { inFlightOf } from '../../domain/transfer/transfer-outcome.ts';
import { priceIn, type Valued, valueHoldings } from '../../domain/venue/prices.ts';
import { type AssetId, isPerpetualAsset, type VenueId } from '../../domain/venue/venue.ts';
import { DEFAULT_GROUPS, groupOf } from '../asset-groups.ts';
import { type PortfolioState, VENUE_IDS_KEPT_MS, type VenueMemory } from './portfolio-state.ts';
import type { ServiceSettings } from './service-settings.ts';

/** A transfer in transit is an excuse for this long; a bridge or a bank that takes longer is worth a look. */
const TRANSFER_EXCUSED_MS = 3_600_000;

export interface Reading {
  readonly state: PortfolioState;
  readonly settings: ServiceSettings;
  readonly nowMs: number;
}

/** What the book and the service know of a venue now. Copies what it gives: later changes do not show. */
export function readStanding({ state, settings, nowMs }: Reading, venue: VenueId): VenueStanding {
  const memory = memoryOf(state, venue);
  const book = viewOf(state.book, venue, nowMs - VENUE_IDS_KEPT_MS);
  const isOrderUnknown = (id: string) => state.unknownOutcomes.has(id);
  const inFlight: InFlight = [
    ...book.liveOrders.map((order) =>
      inFlightOrder(order, isOrderUnknown(order.clientOrderId) ? 'orderOfUnknownOutcome' : 'liveOrder', null),
    ),
    ...transfersUnderWay(state).flatMap((transfer) => excuse(transfer, venue)),
    ...[...state.transfersAtStake.values()].flatMap((transfer) => inFlightOf(transfer, venue)),
  ];
  const prices = state.prices;
  const group = groupsOf(settings);
  return {
    book,
    discrepancies: memory.discrepancies,
    inFlight,
    tolerances: tolerancesOf(settings, venue, memory),
    before: memory.lastSnapshot,
    drift: memory.drift,
    lag: memory.lag,
    quietWindowMs: quietWindowAt({ state, settings, nowMs }, venue),
    confirmations: settings.reconciliation.confirmations,
    navUsd: prices.size === 0 ? null : valueBook({ state, settings, nowMs }).totalUsd,
    priceOf: (asset) => priceIn(prices, group, asset),
  };
}

/** How long this venue gets to settle, by what it has shown so far. */
export function quietWindowAt({ state, settings }: Reading, venue: VenueId): number {
  return quietWindowOf(memoryOf(state, venue).lag, settings.reconciliation.quietWindowMs);
}

/**
 * Whether a position there has its other side in the collateral, as at dYdX. Coinbase keeps the margin of futures apart
 * and says what they have gained nowhere among balances: such a position is no value of its own.
 */
export const carriesNotional = (settings: ServiceSettings, venue: VenueId): boolean =>
  settings.venues.find((each) => each.venue === venue)?.kind !== 'coinbase';

/** Everything that the book holds or is owed, at present prices. */
export function valueBook({ state, settings }: Reading): Valued {
  const held: [AssetId, Amount][] = [];
  for (const [venue, { holdings }] of state.book.venues) {
    for (const holding of holdings.values()) {
      if (isPerpetualAsset(holding.asset) && !carriesNotional(settings, venue)) continue;
      held.push([holding.asset, totalOf(holding)]);
    }
  }
  return valueHoldings(held, state.prices, groupsOf(settings));
}

/** The group of every asset: as configured, over those that hold everywhere. */
export function groupsOf(settings: ServiceSettings): (asset: AssetId) => string {
  const groups = { ...DEFAULT_GROUPS, ...settings.groups };
  return (asset) => groupOf(groups, asset);
}

export function memoryOf(state: PortfolioState, venue: VenueId): VenueMemory {
  const memory = state.venues.get(venue);
  if (!memory) throw new Error(`${venue} is a configured venue`);
  return memory;
}

/** Transfers that left one venue and were not reported from the other. */
export function transfersUnderWay(state: PortfolioState): readonly TransferUnderWay[] {
  return state.halfTransfers.flatMap(({ transferId, sent, received }) =>
    sent === null || received !== null
      ? []
      : [
          {
            transferId,
            fromVenue: sent.venue,
            toVenue: sent.otherVenue,
            sentAsset: sent.asset,
            asset: sent.asset,
            amount: sent.amount,
            sentAtMs: sent.atMs,
          },
        ],
  );
}

/** Transfers from a venue that may have happened without the book knowing. */
export const transfersAtStakeAt = (state: PortfolioState, venue: VenueId): readonly TransferIntent[] =>
  [...state.transfersAtStake.values()].filter(({ request }) => request.venue === venue);

function excuse(transfer: TransferUnderWay, venue: VenueId): InFlight {
  if (transfer.toVenue !== venue && transfer.fromVenue !== venue) return [];
  return [inFlightTransfer({ ...transfer, deadlineAtMs: transfer.sentAtMs + TRANSFER_EXCUSED_MS })];
}

/** A custodian rounds to its lot step; on a chain every atom counts. */
function tolerancesOf(settings: ServiceSettings, venue: VenueId, { markets }: VenueMemory): Tolerances {
  const { reconciliation } = settings;
  const rounds = settings.venues.some((each) => each.venue === venue && each.kind === 'coinbase');
  const steps = new Map(rounds ? markets.map(({ base, step }) => [base, step] as const) : []);
  return {
    ...defaultTolerances(steps),
    relative: reconciliation.thresholdFraction,
    valueUsd: reconciliation.thresholdUsd,
    combine: reconciliation.combine,
    dustUsd: reconciliation.dustUsd,
  };
}
