// The fall of the time-weighted index from its high-water mark, and the halt that follows.
//
// Invariants, each held by a property test of the same words:
// 1. The high-water mark never falls but by a re-arm.
// 2. A halt ends by a person's re-arm and by nothing else.

import { assert } from '../assert.ts';
import { type Amount, divide, isLess, isPositive, maximum, ONE, subtract, ZERO } from '../money/amount.ts';
import { type SwitchTurn, whyNotToRearm } from './kill-switch.ts';

export interface DrawdownState {
  /** The time-weighted index when it was last measured; above zero. */
  readonly index: Amount;
  readonly indexAtMs: number;
  readonly highWaterIndex: Amount;
  /** Null while trading is not stopped for it. */
  readonly halt: { readonly atMs: number; readonly drawdown: Amount } | null;
}

export interface IndexPoint {
  readonly index: Amount;
  readonly atMs: number;
}

/** An index begins at its own high-water mark. */
export function startDrawdown({ index, atMs }: IndexPoint): DrawdownState {
  assert(isPositive(index), `an index is above zero: ${index}`);
  return { index, indexAtMs: atMs, highWaterIndex: index, halt: null };
}

/** The state after another point; halted from the first one that has fallen by `haltAt` on, a fraction. Earlier points change nothing. */
export function advanceDrawdown(before: DrawdownState, point: IndexPoint, haltAt: Amount): DrawdownState {
  if (point.atMs < before.indexAtMs) return before;
  assert(!point.index.startsWith('-'), `an index is not below zero: ${point.index}`);
  const highWaterIndex = maximum(before.highWaterIndex, point.index);
  const after = { ...before, index: point.index, indexAtMs: point.atMs, highWaterIndex };
  const drawdown = drawdownOf(after);
  const isFallen = isPositive(drawdown) && !isLess(drawdown, haltAt);
  return before.halt === null && isFallen ? { ...after, halt: { atMs: point.atMs, drawdown } } : after;
}

/** 1 - I / high-water mark: "0.25" is a quarter below it. Rounded up at the twentieth place, never below zero. */
export function drawdownOf({ index, highWaterIndex }: DrawdownState): Amount {
  const kept = divide(index, highWaterIndex, 20, 'down');
  return maximum(ZERO, subtract(ONE, kept));
}

export type DrawdownOutcome =
  | { readonly state: 'rearmed'; readonly drawdown: DrawdownState }
  | { readonly state: 'refused'; readonly reason: string };

/**
 * Ends a halt. The high-water mark starts anew at the present index, or the next point would halt again; what was
 * lost before is the audit log's to remember. Refused for whoever is no person, without a reason, and without a halt.
 */
export function rearmDrawdown(before: DrawdownState, turn: SwitchTurn): DrawdownOutcome {
  const obstacle = whyNotToRearm(turn);
  if (obstacle !== null) return { state: 'refused', reason: obstacle };
  if (before.halt === null) return { state: 'refused', reason: 'nothing is halted' };
  if (!isPositive(before.index)) return { state: 'refused', reason: 'nothing is left' };
  return { state: 'rearmed', drawdown: { ...before, highWaterIndex: before.index, halt: null } };
}
