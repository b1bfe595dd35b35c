import type { Amount } from '../../money/amount.ts';
import type { AssetGroup } from '../targets.ts';
import type { Fact } from '../triggers/fact.ts';
import type { TriggerKind } from '../triggers/trigger.ts';

/** A trigger that fired, as it was judged. */
export interface FiredTrigger {
  readonly kind: TriggerKind;
  /** In the unit of the threshold: see `JudgedTrigger`. */
  readonly metric: Amount;
  readonly threshold: Amount;
  readonly group: AssetGroup | null;
}

/** What asked for a rebalance. A limit that is broken asks as a trigger. */
export type RebalanceOrigin =
  | { readonly kind: 'bot' }
  | { readonly kind: 'person'; readonly by: string }
  | { readonly kind: 'triggers'; readonly fired: readonly FiredTrigger[] };

/** Who has to agree before anything is sent: nobody more, a person, or the policy and else a person. */
export type RebalanceApproval = 'approved' | 'ask' | 'policy';

/** How a rebalance ended without an order. */
export type UnsentState =
  /** Nothing was to be sent: paper mode, or no order is in the plan. */
  | 'planned'
  /** No plan was made: a venue is not certified, the gate refused, an input is missing. */
  | 'refused'
  /** A person said no. */
  | 'rejected'
  /** Nobody decided in time, or before the service ended. */
  | 'expired'
  /** Stopped before it began. */
  | 'aborted'
  /** The world moved before its first order. */
  | 'outdated';

/** Where a rebalance stands. `aborted` may have sent orders before. */
export type RebalanceState = 'waiting' | 'executing' | 'done' | 'needsPerson' | UnsentState;

/** The portfolio as the book had it, certified, once a rebalance had ended; at the mid prices of that moment. */
export interface PortfolioAfter {
  readonly atMs: number;
  readonly navUsd: Amount;
  readonly weights: Readonly<Record<AssetGroup, Amount>>;
  /** Half the sum of absolute deviations from the plan's target weights. */
  readonly drift: Amount;
}

/** One rebalance as it is written down: who asked, who agreed, how it ended. Times are epoch milliseconds. */
export interface RebalanceEntry {
  readonly id: string;
  readonly requestId: string;
  readonly mode: 'demo' | 'paper' | 'live';
  /** Null, as are the approval and the time, where it was written before they were kept. */
  readonly origin: RebalanceOrigin | null;
  readonly reason: string;
  readonly approval: RebalanceApproval | null;
  readonly requestedAtMs: number | null;
  /** Null where no plan was made. */
  readonly planHash: string | null;
  /** Who approved or rejected the plan: "bot", "policy", "person:…". Null where nobody did. */
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  /** When the first order could be sent; null where none could. */
  readonly begunAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly state: RebalanceState;
  /** Why it ended so, or what it waits for. */
  readonly stateReason: string;
  readonly after: Fact<PortfolioAfter>;
}
