import type { VenueId } from '../../venue/venue.ts';
import type { TriggerKind } from './trigger.ts';

export interface GateRules {
  /** Checks in a row that must fire, this one included: one price that is off the mark moves nothing. */
  readonly confirmations: number;
  /** Checks closer together than this count as one. */
  readonly confirmationSpacingMs: number;
  /** Kept since the last rebalance that was executed; not by a breached limit, nor by a person. */
  readonly minIntervalMs: number;
}

/** REBALANCING.md §3b: twice, a minute apart, and a day between two rebalances. */
export const DEFAULT_GATE_RULES: GateRules = {
  confirmations: 2,
  confirmationSpacingMs: 60_000,
  minIntervalMs: 86_400_000,
};

/** What stands between a trigger that fired and a plan. Times are epoch milliseconds. */
export interface GateFacts {
  readonly nowMs: number;
  /** Null when there was none. */
  readonly lastRebalanceAtMs: number | null;
  readonly unreconciledVenues: readonly VenueId[];
  /** One is being made, waits for a person, or is carried out. */
  readonly isPlanInFlight: boolean;
  /** By kind, the checks in a row up to this one at which it fired, spaced, oldest first, this one included. */
  readonly firings: Firings;
}

export type Firings = Readonly<Partial<Record<TriggerKind, readonly number[]>>>;

/** Kinds that are no matter of a price, or that somebody answers for: once is enough. */
const NEEDS_NO_CONFIRMATION: ReadonlySet<TriggerKind> = new Set(['calendar', 'manual']);
/** A breached limit and a person's word: they need no other trigger, and wait for no interval. */
export const COUNTS_ALONE: ReadonlySet<TriggerKind> = new Set(['risk', 'manual']);

/**
 * Why a firing of these kinds may not be acted on yet, or null. One kind that may is enough, or each must where all
 * are asked for; a breached limit and a person's word are enough alone.
 */
export function whyNotYet(
  kinds: readonly TriggerKind[],
  facts: GateFacts,
  { rules, needed }: { readonly rules: GateRules; readonly needed: 'any' | 'all' },
): string | null {
  if (facts.isPlanInFlight) return 'a plan is being made, waits for a person, or is carried out';
  const [venue] = facts.unreconciledVenues;
  if (venue !== undefined) return `${venue} is not reconciled`;
  const reasons = kinds.map((kind) => whyNotByKind(kind, facts, rules));
  const isAloneOpen = kinds.some((kind, index) => COUNTS_ALONE.has(kind) && reasons[index] === null);
  const isOpen = needed === 'any' ? reasons.includes(null) : reasons.every((reason) => reason === null);
  return isOpen || isAloneOpen ? null : (reasons.find((reason) => reason !== null) ?? 'nothing fired');
}

/** The firings after a check: those of kinds that fired go on, the others begin anew. Never more than are asked for. */
export function advanceFirings(
  firings: Firings,
  fired: readonly TriggerKind[],
  { nowMs, rules }: { readonly nowMs: number; readonly rules: GateRules },
): Firings {
  const entries = fired.map((kind) => {
    const before = firings[kind] ?? [];
    const last = before.at(-1);
    const isApart = last === undefined || nowMs - last >= rules.confirmationSpacingMs;
    const after = isApart ? [...before, nowMs] : before;
    return [kind, after.slice(-rules.confirmations)] as const;
  });
  return Object.fromEntries(entries);
}

function whyNotByKind(kind: TriggerKind, facts: GateFacts, rules: GateRules): string | null {
  const { nowMs, lastRebalanceAtMs } = facts;
  if (!COUNTS_ALONE.has(kind) && lastRebalanceAtMs !== null) {
    const sinceMs = nowMs - lastRebalanceAtMs;
    if (sinceMs < rules.minIntervalMs)
      return `the last rebalance was ${sinceMs} ms ago, at least ${rules.minIntervalMs} ms are kept`;
  }
  if (NEEDS_NO_CONFIRMATION.has(kind)) return null;
  const confirmed = facts.firings[kind]?.length ?? 0;
  return confirmed < rules.confirmations ? `confirmed ${confirmed} times of ${rules.confirmations}` : null;
}
