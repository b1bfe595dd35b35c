import type { Amount } from '../src/domain/money/amount.ts';
import type { Execution, ExecutionEvent, ExecutionLeg } from '../src/domain/rebalancing/execution.ts';
import type { Plan } from '../src/domain/rebalancing/plan.ts';
import type { PlanInput } from '../src/domain/rebalancing/plan-input.ts';
import type { OrderInstruction, PreparedOrder } from '../src/domain/venue/order.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';

/** What a plan can be made from, or why it cannot. */
export type PlanReadiness =
  | { readonly state: 'ready'; readonly input: PlanInput }
  | { readonly state: 'notReady'; readonly reason: string };

export type MadePlan =
  | { readonly state: 'planned'; readonly plan: Plan; readonly execution: Execution }
  | { readonly state: 'refused'; readonly reason: string };

/** One step of an execution, committed together: the state afterwards, and what it says of one order. */
export interface CommittedStep {
  readonly requestId: string;
  readonly execution: Execution;
  readonly event: ExecutionEvent;
  readonly leg: ExecutionLeg | null;
  /** With `legPrepared`. */
  readonly prepared: PreparedOrder | null;
}

/** What the rebalancing actor needs of the database and of the book. */
export interface RebalancingWork {
  /** Plans with what the book holds now and the venues' present markets; keeps the plan. */
  makePlan(requestId: string): Promise<MadePlan>;
  setPlanStatus(planHash: string, from: string, to: string): Promise<void>;
  /** The execution that a crash interrupted; null where there is none. */
  findUnfinished(): Promise<{ readonly requestId: string; readonly execution: Execution } | null>;
  /**
   * Keeps a step. `legIntended` writes the order down and gives it its client order id, once: derived from the intent,
   * or counted where the venue wants a number.
   */
  commit(step: CommittedStep): Promise<void>;
  /** The order as it was written down when it was intended. */
  findInstruction(intentId: string): Promise<OrderInstruction>;
  /** Keeps where an execution stands when no single order moved. */
  keepExecution(requestId: string, execution: Execution): Promise<void>;
  /** Keeps an execution that was aborted, and who wanted it. */
  keepAborted(requestId: string, execution: Execution, by: string): Promise<void>;
  findPrepared(intentId: string): Promise<PreparedOrder>;
  cashAssetAt(venue: VenueId): AssetId;
  /** Confirmed total of the cash asset that the book has at a venue. */
  cashAt(venue: VenueId): Amount;
}
