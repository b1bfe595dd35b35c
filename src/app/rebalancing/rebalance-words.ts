import type { PlanMade } from '../../../actors/messages/announcements.ts';
import type { RebalanceRecord } from '../../domain/rebalancing/history/rebalance-record.ts';

/** What asked for a rebalance, and by how much: "absolute BTC 0.061, from 0.05 on". */
export function whyOf({ origin, reason }: Pick<RebalanceRecord, 'origin' | 'reason'>): string {
  if (origin === null) return reason === '' ? 'not kept' : reason;
  switch (origin.kind) {
    case 'bot':
      return `bot: ${reason}`;
    case 'person':
      return `${origin.by}: ${reason}`;
    case 'triggers':
      return origin.fired
        .map(({ kind, group, metric, threshold }) =>
          kind === 'calendar'
            ? kind
            : `${[kind, group].filter(Boolean).join(' ')} ${metric}, from ${threshold} on`,
        )
        .join('; ');
  }
}

/** When it was asked for, or planned where that was not kept. */
export const atMsOf = ({ requestedAtMs, plan }: RebalanceRecord): number | null =>
  requestedAtMs ?? plan?.plannedAtMs ?? null;

/** Why a plan ends as a plan; null where orders follow, or a decision. */
export const whyNothingIsSent = ({ orders }: PlanMade['plan'], next: PlanMade['next']): string | null =>
  orders.length === 0 ? 'nothing is to be traded' : next === 'none' ? 'paper mode sends no order' : null;
