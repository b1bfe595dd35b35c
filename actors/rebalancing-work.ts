import type { Amount } from '../src/domain/money/amount.ts';
import type { Execution, ExecutionEvent, ExecutionLeg } from '../src/domain/rebalancing/execution.ts';
import type { UnsentState } from '../src/domain/rebalancing/history/rebalance.ts';
import type { Plan } from '../src/domain/rebalancing/plan.ts';
import type { OrderInstruction, PreparedOrder } from '../src/domain/venue/order.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import type { RebalancingRequested } from './messages/rebalancing-messages.ts';

export type MadePlan =
  | {
      readonly state: 'planned';
      readonly plan: Plan;
      readonly execution: Execution;
      /** Who has approved it already: "bot", "policy". Null where a person has to. */
      readonly approvedBy: string | null;
    }
  | { readonly state: 'refused'; readonly reason: string };

/** One step of an execution, committed together: the state afterwards, and what it says of one order. */
export interface CommittedStep {
  readonly requestId: string;
  /** The state that the step was made from. */
  readonly before: Execution;
  readonly execution: Execution;
  readonly event: ExecutionEvent;
  readonly leg: ExecutionLeg | null;
  /** With `legPrepared`. */
  readonly prepared: PreparedOrder | null;
}

/** Refused: what the order would take is set aside for another one. Nothing was kept. */
export type StepOutcome =
  | { readonly state: 'committed' }
  | { readonly state: 'refused'; readonly reason: string };

/** What a venue's certified round has shown of the accounts that an execution reserves in. */
export interface CertifiedReading {
  readonly venue: VenueId;
  /** The execution's revision when the round was asked for. */
  readonly revision: number;
  /** The newest cash event that was known then. */
  readonly cashEvent: number;
  /** What is available, by asset. */
  readonly confirmed: Readonly<Record<AssetId, Amount>>;
}

/** A request, and when it was taken. */
export interface TakenRequest extends RebalancingRequested {
  readonly takenAtMs: number;
}

/** How a request ended without an order. */
export interface UnsentOutcome {
  readonly state: Exclude<UnsentState, 'planned'>;
  readonly reason: string;
  /** Who wanted it so; null where nobody did. */
  readonly by: string | null;
}

/** What the rebalancing actor needs of the database and of the book. */
export interface RebalancingWork {
  /**
   * Plans with what the book holds now and the venues' present markets, orders of the request's scope or all; keeps the
   * plan, and who asked for it.
   */
  makePlan(request: TakenRequest): Promise<MadePlan>;
  /**
   * Keeps that the plan is carried out from now on, with the first state of its execution, who approved it, and what its
   * venues have confirmed. Refused where that is not so any more: nothing was kept.
   */
  begin(
    requestId: string,
    execution: Execution,
    from: { readonly by: string; readonly readings: readonly CertifiedReading[] },
  ): Promise<StepOutcome>;
  /** Keeps how the execution ended, and what the book has afterwards. */
  end(requestId: string, execution: Execution): Promise<void>;
  /** Keeps that an execution which was left to a person goes on. */
  reopen(requestId: string, execution: Execution): Promise<void>;
  /** Keeps that nothing was sent, and why. `planHash` is null where no plan was made. */
  keepUnsent(request: TakenRequest, planHash: string | null, outcome: UnsentOutcome): Promise<void>;
  /** The execution that a crash interrupted; null where there is none. What waited for an approval has expired. */
  findUnfinished(): Promise<{ readonly requestId: string; readonly execution: Execution } | null>;
  /**
   * Keeps a step. `legIntended` writes the order down and gives it its client order id, once: derived from the intent,
   * or counted where the venue wants a number. It also sets aside what the order may take. Only this can be refused: where
   * the limits forbid the order by now, or where that much is not to be had.
   */
  commit(step: CommittedStep): Promise<StepOutcome>;
  /** The order as it was written down when it was intended. */
  findInstruction(intentId: string): Promise<OrderInstruction>;
  /**
   * Keeps what venues have confirmed; resolves with the execution that knows it. A reading that does not know of what
   * was set aside or filled since it began is not taken: the venue is asked again.
   */
  keepCertified(
    requestId: string,
    execution: Execution,
    readings: readonly CertifiedReading[],
  ): Promise<Execution>;
  /** Keeps what was decided of an execution as a whole, and who decided it. */
  keepDecided(step: Omit<CommittedStep, 'leg' | 'prepared'>, by: string): Promise<void>;
  /** Why a plan that nothing was sent of does not fit the world any more; null while it does. */
  whyOutdated(planHash: string): Promise<string | null>;
  /** Why orders that were not sent do not fit present prices any more; null while they do, or where nobody knows. */
  whyPricesMoved(planHash: string, legs: readonly ExecutionLeg[]): Promise<string | null>;
  /** The execution that was left to a person last; null where there is none. */
  findLeftToPerson(): Promise<{ readonly requestId: string; readonly execution: Execution } | null>;
  findPrepared(intentId: string): Promise<PreparedOrder>;
  cashAssetAt(venue: VenueId): AssetId;
  /** What the book has available of an asset at a venue: without what the venue holds for orders. */
  availableAt(venue: VenueId, asset: AssetId): Amount;
  /** The newest cash event that this process knows of: a round that is asked for now has seen it. */
  newestCashEvent(): number;
}
