import { readCorrections } from '../../../db/correction-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { findExecutionLeftToPerson, findUnfinishedExecution } from '../../../db/execution-repository.ts';
import { readIntentsUnderWay } from '../../../db/order-intent-repository.ts';
import { readWaitingPlans } from '../../../db/rebalance-repository.ts';
import { readLastRebalanceAtMs } from '../../../db/trigger-repository.ts';
import type { DayJudgement } from '../../domain/risk/day-judgement.ts';
import type { AssetGroups } from '../asset-groups.ts';
import { type OrderActivity, readOrderActivity } from '../rebalancing/risk-state-of.ts';
import { keepDayJudged } from '../valuations/judge-day.ts';

/** What a look needs of the database. */
export interface AlertReads {
  readonly activity: OrderActivity;
  /** Orders that were sent, or were about to be, and whose fate nobody knows. */
  readonly unknownOrders: readonly {
    readonly clientOrderId: string;
    readonly venue: string;
    readonly market: string;
    readonly sinceMs: number;
  }[];
  readonly proposals: readonly { readonly venue: string; readonly proposedAtMs: number }[];
  /** Hashes of plans that wait for a person. */
  readonly waitingPlans: readonly string[];
  /** The plan whose rebalance was left to a person; null where there is none. */
  readonly leftToPerson: string | null;
  readonly paused: { readonly planHash: string; readonly reason: string } | null;
  readonly lastRebalanceAtMs: number | null;
  /** What the newest valuation of a day says of risk; null before the first. */
  readonly day: DayJudgement | null;
}

/** Writes nothing but what the first look after a valuation of a day works out, for those that follow. */
export async function readForAlerts(
  database: Pick<OpenDatabase, 'db'>,
  { nowMs, groups }: { readonly nowMs: number; readonly groups: AssetGroups },
): Promise<AlertReads> {
  const { db } = database;
  const intents = await readIntentsUnderWay(db, null);
  const unfinished = (await findUnfinishedExecution(db))?.execution ?? null;
  return {
    activity: await readOrderActivity(database, nowMs),
    unknownOrders: intents.flatMap(({ instruction, status, submittedAtMs }) =>
      (status === 'submitting' || status === 'outcomeUnknown') && submittedAtMs !== null
        ? [
            {
              clientOrderId: instruction.clientOrderId,
              venue: instruction.venue,
              market: instruction.market,
              sinceMs: submittedAtMs,
            },
          ]
        : [],
    ),
    proposals: (await readCorrections(db, ['proposed'])).map(({ venue, proposedAtMs }) => ({
      venue,
      proposedAtMs,
    })),
    waitingPlans: await readWaitingPlans(db),
    leftToPerson: (await findExecutionLeftToPerson(db))?.execution.planHash ?? null,
    paused:
      unfinished === null || unfinished.pauseReason === null
        ? null
        : { planHash: unfinished.planHash, reason: unfinished.pauseReason },
    lastRebalanceAtMs: await readLastRebalanceAtMs(db),
    day: await keepDayJudged(database, { groups, nowMs }),
  };
}
