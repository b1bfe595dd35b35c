// What becomes of a loss when what was sold is bought again.
//
// Invariants, each held by a property test of the same words:
// 1. What is disallowed of losses is what the bases of replacement lots grew by.
// 2. A lot replaces once, and never what came from its own acquisition.

import { type Amount, add, isNegative, minimum, negate, subtract } from '../money/amount.ts';
import { allot } from './allot.ts';
import { compareByAge, cutLot, knownBasis, type Lot } from './lot.ts';
import type { LotDisposal } from './lot-disposal.ts';
import type { LotRules } from './lot-rules.ts';

/** A loss, or what is left of it, that a purchase may still replace. */
export interface OpenLoss {
  readonly disposal: string;
  /** The lot that was sold, and the acquisition that it came from. */
  readonly lot: string;
  readonly origin: string;
  readonly group: readonly string[];
  readonly quantity: Amount;
  /** Above zero. */
  readonly loss: Amount;
  readonly atMs: number;
  /** How long it was held; null where that is unknown. */
  readonly heldForMs: number | null;
}

/** A part of the loss on a lot of a disposal that does not count, because it went to a replacement's basis. */
export interface Disallowance {
  readonly disposal: string;
  readonly lot: string;
  readonly loss: Amount;
}

/** The losses of a disposal that replacements would disallow: none where its asset has no wash sales. */
export function lossesOf(disposal: LotDisposal, { washSale }: LotRules): readonly OpenLoss[] {
  const group = washSale?.groups.find((assets) => assets.includes(disposal.asset));
  if (!group) return [];
  return disposal.matches.flatMap(({ lot, gain }) => {
    if (gain.state === 'unknown' || !isNegative(gain.amount)) return [];
    const { heldSince } = lot;
    return [
      {
        disposal: disposal.id,
        lot: lot.id,
        origin: lot.origin,
        group,
        quantity: lot.quantity,
        loss: negate(gain.amount),
        atMs: disposal.atMs,
        heldForMs: heldSince.state === 'known' ? disposal.atMs - heldSince.atMs : null,
      },
    ];
  });
}

export interface Replaced {
  /** The lots after it, in no order. */
  readonly lots: readonly Lot[];
  /** What no lot has replaced. */
  readonly open: readonly OpenLoss[];
  readonly disallowances: readonly Disallowance[];
}

/**
 * Lets lots replace what was sold at a loss: purchases of the group within the window, oldest first, each unit once. A
 * replacement's basis grows by the loss, and its holding period by the one of what it replaces (26 U.S.C. §1091(d),
 * §1223(3)). What is left of the lot that was sold does not replace it (Rev. Rul. 56-602).
 */
export function replaceLosses(lots: readonly Lot[], losses: readonly OpenLoss[], rules: LotRules): Replaced {
  const waiting = [...lots].sort(compareByAge);
  const done: Lot[] = [];
  const disallowances: Disallowance[] = [];
  let open = losses;
  for (let lot = waiting.shift(); lot; lot = waiting.shift()) {
    const candidate = lot;
    const replaced = open.find((loss) => isReplacementFor(candidate, loss, rules));
    if (!replaced) {
      done.push(candidate);
      continue;
    }
    const { replacement, rest, disallowance, left } = replace(candidate, replaced);
    done.push(replacement);
    if (rest) waiting.unshift(rest);
    disallowances.push(disallowance);
    open = open.flatMap((loss) => (loss !== replaced ? [loss] : left ? [left] : []));
  }
  return { lots: done, open, disallowances };
}

/** Whether a purchase at a time comes too late for a loss. */
export const isPast = (loss: OpenLoss, atMs: number, { calendar, washSale }: LotRules): boolean =>
  calendar.dayOf(atMs) - calendar.dayOf(loss.atMs) > (washSale?.windowDays ?? 0);

function isReplacementFor(lot: Lot, loss: OpenLoss, { calendar, washSale }: LotRules): boolean {
  if (!washSale || lot.source !== 'purchase' || lot.isReplacement) return false;
  if (lot.origin === loss.origin || !loss.group.includes(lot.asset)) return false;
  return Math.abs(calendar.dayOf(lot.acquiredAtMs) - calendar.dayOf(loss.atMs)) <= washSale.windowDays;
}

function replace(lot: Lot, loss: OpenLoss) {
  const quantity = minimum(lot.quantity, loss.quantity);
  const unreplaced = subtract(loss.quantity, quantity);
  const [disallowed = loss.loss] = allot(loss.loss, [quantity, unreplaced]);
  const { part, rest } = cutLot(lot, quantity);
  const replacement: Lot = {
    ...part,
    id: rest ? `${part.id}/${loss.disposal}` : part.id,
    basis:
      part.basis.state === 'unknown' ? part.basis : knownBasis(add(part.basis.amount, disallowed), quantity),
    heldSince:
      loss.heldForMs === null
        ? { state: 'unknown' }
        : { state: 'known', atMs: part.acquiredAtMs - loss.heldForMs },
    isReplacement: true,
  };
  const left: OpenLoss | null =
    rest || unreplaced === '0'
      ? null
      : { ...loss, quantity: unreplaced, loss: subtract(loss.loss, disallowed) };
  const disallowance = { disposal: loss.disposal, lot: loss.lot, loss: disallowed };
  return { replacement, rest, disallowance, left };
}
