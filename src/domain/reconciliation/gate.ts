// Whether the bot may trade.
//
// Invariants, each held by a property test of the same name:
// 1. Every gate is closed until a certified read within the time limit says otherwise.
// 2. More discrepancies never open a gate.
// 3. An unopened venue is closed, and nothing else is said of it.
// 4. A hold closes every gate of its venue, whatever was certified before.
// 5. While a person has stopped trading, every gate is closed.

import { type Amount, add, isMore, multiply, ZERO } from '../money/amount.ts';
import { type KillSwitch, NEVER_PULLED } from '../risk/kill-switch.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';
import { type Discrepancy, isOpenDiscrepancy } from './discrepancy.ts';

/** `reduceOnly`: cancels, and orders that shrink certified positions. `halted`: nothing. `unopened`: not compared yet. */
export type VenueMode = 'unopened' | 'active' | 'reduceOnly' | 'halted';

export interface AssetGate {
  readonly asset: AssetId;
  readonly isOpen: boolean;
  readonly reason: string;
}

export interface GateDecision {
  readonly venue: VenueId;
  readonly mode: VenueMode;
  readonly reason: string;
  /** For an asset that `assets` does not name. */
  readonly isOpen: boolean;
  /** The assets that were asked for and those with a discrepancy, sorted. */
  readonly assets: readonly AssetGate[];
}

/** A stream that was live has missed something: what happened since is unknown until a read that began later. */
export interface StreamHold {
  readonly sinceMs: number;
  /** What the question is called that was asked for its sake. */
  readonly requestId: string;
  readonly reason: string;
}

export interface GateInput {
  readonly venue: VenueId;
  readonly isOpened: boolean;
  /** When the last certified read was compared; null without one since the start. */
  readonly lastCertifiedAtMs: number | null;
  readonly nowMs: number;
  readonly timeLimitMs: number;
  readonly discrepancies: readonly Discrepancy[];
  readonly navUsd: Amount | null;
  /** Assets of fills that were booked without their order, until a read confirms them. */
  readonly unclaimedAssets?: ReadonlySet<AssetId>;
  /** Assets to be named in the answer whether or not anything is wrong with them. */
  readonly assets?: readonly AssetId[];
  /** Null or not there while nothing holds the gates. */
  readonly hold?: StreamHold | null;
  /** A person may have stopped trading. */
  readonly killSwitch?: KillSwitch;
  /** The audit log does not verify: nothing that this program says is to be relied on. */
  readonly isAuditBroken?: boolean;
}

export function decideGates(input: GateInput): GateDecision {
  const open = input.discrepancies.filter((d) => d.venue === input.venue && isOpenDiscrepancy(d));
  const unclaimed = input.unclaimedAssets ?? new Set();
  const named = [
    ...new Set([...(input.assets ?? []), ...unclaimed, ...open.map(({ asset }) => asset)]),
  ].sort();
  const allClosed = (mode: VenueMode, reason: string): GateDecision => ({
    venue: input.venue,
    mode,
    reason,
    isOpen: false,
    assets: named.map((asset) => ({ asset, isOpen: false, reason })),
  });
  if (input.isAuditBroken === true) return allClosed('halted', 'the audit log does not verify');
  const { killSwitch = NEVER_PULLED } = input;
  if (killSwitch.isOn) return allClosed('halted', `${killSwitch.by} stopped trading: ${killSwitch.reason}`);
  if (!input.isOpened) return allClosed('unopened', 'the venue has not been opened');
  if (input.lastCertifiedAtMs === null) return allClosed('reduceOnly', 'no certified read since the start');
  const silentMs = input.nowMs - input.lastCertifiedAtMs;
  if (silentMs > input.timeLimitMs) {
    return allClosed(
      'reduceOnly',
      `no certified read for ${silentMs} ms, the limit is ${input.timeLimitMs} ms`,
    );
  }
  const { hold = null } = input;
  if (hold !== null)
    return allClosed('reduceOnly', `the stream was lost, and no read has begun since: ${hold.reason}`);
  const tooMuch = whyReduceOnly(open, input.navUsd);
  if (tooMuch !== null) return allClosed('reduceOnly', tooMuch);
  const assets = named.map((asset) => gateOf(asset, open, unclaimed));
  const closed = assets.filter(({ isOpen }) => !isOpen).length;
  const reason =
    closed === 0 ? 'book and venue agree' : `${closed} ${closed === 1 ? 'asset is' : 'assets are'} closed`;
  return { venue: input.venue, mode: 'active', reason, isOpen: true, assets };
}

/** Whether new risk may be taken in an asset. */
export function isTradable(decision: GateDecision, asset: AssetId): boolean {
  return decision.assets.find((gate) => gate.asset === asset)?.isOpen ?? decision.isOpen;
}

/** What under way accounts for leaves the gate open, or every order would close it; so does an entry price alone. */
function gateOf(asset: AssetId, open: readonly Discrepancy[], unclaimed: ReadonlySet<AssetId>): AssetGate {
  const reason = open.find(
    (discrepancy) =>
      discrepancy.asset === asset && !isUnderWay(discrepancy) && discrepancy.bucket !== 'entryPrice',
  );
  if (reason !== undefined)
    return { asset, isOpen: false, reason: `${reason.class} of ${reason.delta} is ${reason.state}` };
  if (unclaimed.has(asset))
    return {
      asset,
      isOpen: false,
      reason: 'the book has moved without an order, and no read has confirmed it',
    };
  return { asset, isOpen: true, reason: 'book and venue agree, or what is under way accounts for it' };
}

/** Only a suspicion: what two reads have confirmed is a difference, whatever is under way. */
const isUnderWay = (discrepancy: Discrepancy): boolean =>
  discrepancy.class === 'pending' && discrepancy.state === 'suspected';

function whyReduceOnly(open: readonly Discrepancy[], navUsd: Amount | null): string | null {
  const unexplained = open.filter(isUnexplained);
  const assets = new Set(unexplained.map(({ asset }) => asset));
  const assetsMax = RECONCILIATION_DEFAULTS.reduceOnlyAssets;
  if (assets.size >= assetsMax) return `${assets.size} assets are unexplained, ${assetsMax} are too many`;
  const unpriced = unexplained.find(({ valueUsd }) => valueUsd === null);
  if (unpriced !== undefined && navUsd === null)
    return `${unpriced.delta} ${unpriced.asset} is unexplained, and nothing has a price yet`;
  const valueUsd = unexplained.reduce(
    (total, { valueUsd: value }) => (value === null ? total : add(total, value)),
    ZERO,
  );
  if (valueUsd === ZERO) return null;
  if (navUsd === null) return `${valueUsd} USD are unexplained, and the portfolio's value is unknown`;
  const limitUsd = multiply(navUsd, RECONCILIATION_DEFAULTS.reduceOnlyNavShare);
  return isMore(valueUsd, limitUsd)
    ? `${valueUsd} USD are unexplained, more than 1 % of the portfolio`
    : null;
}

/** Confirmed and not accounted for. A suspicion is not, and a proposal has its one explanation unless it is ambiguous. */
function isUnexplained({ state, explanation, bucket }: Discrepancy): boolean {
  if (bucket === 'order' || bucket === 'entryPrice') return false;
  if (state === 'confirmed' || state === 'unexplained' || state === 'rejected') return true;
  return (state === 'explained' || state === 'proposed') && explanation !== 'unique';
}
