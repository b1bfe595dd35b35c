// One plan's execution: what has happened to each of its orders, and what may happen next.
//
// Invariants, each held by a property test of the same words:
// 1. No buy is submitted before confirmed cash covers it whole and every sell at its venue was sent; behind a barrier, or
//    where it is made smaller, not before every sell is confirmed terminal and the venue is certified afterwards.
// 2. At most one order is ever live for one intent: a leg is submitted once, and nothing is sent again but the same bytes, where the venue takes them once at the most.
// 3. An unknown outcome keeps its reservation until the venue gives evidence: found, or absent and proven so.
// 4. No reservation is made beyond confirmed cash above the floor.
// 5. What has filled only grows; a late fill makes its venue uncertified again.
// 6. It ends in done, aborted or needsPerson; the state is plain JSON, and restored from it goes on the same.

import { assert } from '../assert.ts';
import { type Amount, isLess } from '../money/amount.ts';
import type { OrderLookup, SubmitOutcome } from '../venue/order.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';
import type { PerpetualAccount } from './perpetual-reserve.ts';

export type LegStatus =
  | 'waiting'
  /** The intent is committed; nothing is prepared. */
  | 'intended'
  /** The exact bytes are committed; nothing is sent. */
  | 'prepared'
  /** Committed as about to be sent: from here on it may exist at the venue. */
  | 'submitted'
  | 'unknown'
  | 'working'
  | 'filled'
  /** Ended with a part filled. */
  | 'partlyFilled'
  | 'cancelled'
  | 'rejected'
  | 'deniedLocally'
  /** Proven never to have happened. */
  | 'absent'
  /** Never intended: what it needed did not come, or the execution was aborted. */
  | 'skipped';

export interface ExecutionLeg {
  readonly sequence: number;
  readonly intentId: string;
  readonly clientOrderId: string;
  readonly venue: VenueId;
  readonly market: string;
  readonly asset: AssetId;
  readonly side: Side;
  readonly plannedQuantity: Amount;
  /** What is or will be ordered: at most what was planned. */
  readonly quantity: Amount;
  readonly limitPrice: Amount;
  /** A sell of a perpetual never turns the position short, nor a buy that closes a short one long. */
  readonly reduceOnly: boolean;
  readonly fundedBy: readonly number[];
  readonly rules: LegRules;
  readonly status: LegStatus;
  readonly filledQuantity: Amount;
  /** Cash set aside for a buy from its intent until its venue is certified after its end. */
  readonly reservation: Amount;
  readonly venueOrderId: string | null;
  /** The revision at which the leg ended or last filled; null while it has not. */
  readonly endedAtRevision: number | null;
  readonly prepareFailures: number;
  /** How often its bytes were about to be sent. */
  readonly sends: number;
  /** The last look-up found nothing, and the venue takes the same bytes once at the most. */
  readonly mayResend: boolean;
  /** Look-ups that the venue answered and that ended nothing, since it last showed something new. */
  readonly lookUpsInVain: number;
  /** Look-ups in a row that the venue did not answer: they say nothing of the order, however many they are. */
  readonly lookUpsUnanswered: number;
  readonly reason: string | null;
}

/** What sizing a buy again needs. */
export interface LegRules {
  readonly step: Amount;
  readonly minQuantity: Amount;
  readonly minNotional: Amount;
  readonly feeRate: Amount;
  readonly cashUnit: Amount;
  readonly partialFillsMax: number | null;
  /** Of a buy that opens a perpetual: the worst funding of a unit until the next payment. */
  readonly fundingPerUnit?: Amount;
}

export interface ExecutionVenue {
  readonly venue: VenueId;
  readonly cashAsset: AssetId;
  /** What was confirmed of cash at the last certification and nobody else has set aside; the plan's until then. */
  readonly confirmedCash: Amount;
  /** What the plan leaves at worst, but for the reserve of perpetuals: a buy never takes cash below both. */
  readonly cashFloor: Amount;
  /** Everything that ended at or before this revision is in `confirmedCash`. */
  readonly certifiedRevision: number;
  /** What was open before the plan, and what it asks; absent where there are no perpetuals. */
  readonly perpetuals?: Omit<PerpetualAccount, 'cash'>;
}

/**
 * When a buy may go: as soon as confirmed cash covers it, while sells are under way (`streaming`); or once every sell at
 * its venue is settled (`barrier`).
 */
export type BuyRelease = 'streaming' | 'barrier';

export type ExecutionPhase =
  | 'selling'
  | 'settling'
  | 'buying'
  | 'verifying'
  | 'done'
  | 'aborted'
  | 'needsPerson';

export interface Execution {
  readonly planHash: string;
  readonly phase: ExecutionPhase;
  readonly release: BuyRelease;
  /** Counts events. A reading of a venue that begins at a revision knows of everything up to it. */
  readonly revision: number;
  readonly legs: readonly ExecutionLeg[];
  readonly venues: readonly ExecutionVenue[];
  readonly abortReason: string | null;
  /** While paused nothing is intended, prepared or sent; what is live is followed. */
  readonly pauseReason: string | null;
  /** Why what had not been sent is left to the next plan. */
  readonly outdatedReason: string | null;
}

export type ExecutionEvent =
  | {
      readonly type: 'legIntended';
      readonly leg: number;
      readonly quantity: Amount;
      readonly reservation: Amount;
    }
  | { readonly type: 'legSkipped'; readonly leg: number; readonly reason: string }
  | { readonly type: 'legPrepared'; readonly leg: number }
  /** The venue could not be asked what the order needs; nothing was sent. */
  | { readonly type: 'legPrepareFailed'; readonly leg: number; readonly detail: string }
  | { readonly type: 'legDenied'; readonly leg: number; readonly reason: string }
  /** Committed before the order is sent. */
  | { readonly type: 'legSubmitted'; readonly leg: number }
  /** Committed before the same bytes are sent once more. */
  | { readonly type: 'legResent'; readonly leg: number }
  | { readonly type: 'submitOutcome'; readonly leg: number; readonly outcome: SubmitOutcome }
  | { readonly type: 'orderSeen'; readonly leg: number; readonly lookup: OrderLookup }
  /** `revision` is the execution's when the reading began; `confirmedCash` the venue's total, holds included. */
  | {
      readonly type: 'venueCertified';
      readonly venue: VenueId;
      readonly confirmedCash: Amount;
      readonly revision: number;
    }
  | { readonly type: 'abortRequested'; readonly reason: string }
  | { readonly type: 'pauseRequested'; readonly reason: string }
  /** Goes on where it was paused; an order that waits for a person is looked up anew. */
  | { readonly type: 'resumeRequested' }
  /** The world is not what was planned with: what was not sent is not sent any more. */
  | { readonly type: 'outdated'; readonly reason: string }
  /** The process started again: whatever was on its way has no answer now. */
  | { readonly type: 'restarted' };

/** So many look-ups that the venue answered without evidence call a person; the reservation stays. */
export const LOOK_UPS_IN_VAIN_MAX = 60;

/** The same bytes are sent this often at most: at 2 s each for as long as a blockhash is good. */
export const SENDS_MAX = 40;

const TERMINAL: readonly LegStatus[] = [
  'filled',
  'partlyFilled',
  'cancelled',
  'rejected',
  'deniedLocally',
  'absent',
  'skipped',
];

export const isTerminal = (leg: ExecutionLeg): boolean => TERMINAL.includes(leg.status);

/** May exist at the venue without having ended. */
export const isLive = (leg: ExecutionLeg): boolean =>
  leg.status === 'submitted' || leg.status === 'unknown' || leg.status === 'working';

/** A live order that nobody has seen, whose bytes have one effect at most; not once what is live is only followed. */
export const isToResend = (leg: ExecutionLeg, { abortReason }: Execution): boolean =>
  isLive(leg) && leg.mayResend && leg.sends < SENDS_MAX && abortReason === null;

/** Ended, and its venue's cash was certified afterwards. */
export function isSettled(leg: ExecutionLeg, execution: Execution): boolean {
  if (!isTerminal(leg)) return false;
  if (leg.endedAtRevision === null) return true;
  return venueOf(execution, leg.venue).certifiedRevision >= leg.endedAtRevision;
}

export function venueOf(execution: Execution, venue: VenueId): ExecutionVenue {
  const found = execution.venues.find((candidate) => candidate.venue === venue);
  assert(found !== undefined, `an execution knows the venues of its legs: ${venue}`);
  return found;
}

export const sellsAt = (execution: Execution, venue: VenueId): readonly ExecutionLeg[] =>
  execution.legs.filter((leg) => leg.venue === venue && leg.side === 'sell');

/** What is sent first: no buy at a venue goes before its sells have gone. */
export const haveSellsGone = (execution: Execution, venue: VenueId): boolean =>
  sellsAt(execution, venue).every((sell) => sell.sends > 0 || isTerminal(sell));

export const areSellsSettled = (execution: Execution, venue: VenueId): boolean =>
  sellsAt(execution, venue).every((sell) => isSettled(sell, execution));

/** Only a person can end it, or say what it is. */
export const isForPerson = (leg: ExecutionLeg): boolean =>
  (isLive(leg) && leg.lookUpsInVain >= LOOK_UPS_IN_VAIN_MAX) || isLess(leg.quantity, leg.filledQuantity);

/** How far an execution has come, as its legs say. */
export function phaseOf(execution: Execution): ExecutionPhase {
  const { legs } = execution;
  if (legs.some(isForPerson)) return 'needsPerson';
  const sells = legs.filter((leg) => leg.side === 'sell');
  if (!sells.every(isTerminal)) return 'selling';
  if (!sells.every((leg) => isSettled(leg, execution))) return 'settling';
  if (!legs.every(isTerminal)) return 'buying';
  if (!legs.every((leg) => isSettled(leg, execution))) return 'verifying';
  return execution.abortReason === null ? 'done' : 'aborted';
}

export const initialPhase = (execution: Execution): Execution => ({
  ...execution,
  phase: phaseOf(execution),
});
