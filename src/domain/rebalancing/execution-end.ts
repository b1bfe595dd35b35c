import { isLess } from '../money/amount.ts';
import type { Execution, ExecutionLeg } from './execution.ts';

/**
 * Whether what an execution left undone is worth another plan: the market or the cash did not allow it, or the world
 * moved. What was aborted, refused or denied would be so again.
 */
export function mayBePlannedAgain({ phase, legs, outdatedReason }: Execution): boolean {
  if (phase !== 'done') return false;
  const isShort = (leg: ExecutionLeg): boolean => isLess(leg.filledQuantity, leg.plannedQuantity);
  const isUnfilled = ({ status }: ExecutionLeg): boolean =>
    status === 'filled' || status === 'partlyFilled' || status === 'cancelled' || status === 'skipped';
  return outdatedReason !== null || legs.some((leg) => isShort(leg) && isUnfilled(leg));
}

/**
 * Why an execution ended short of its plan, order by order in words; empty where every order filled whole. An abort is
 * named first.
 */
export function shortfallOf({ legs, abortReason }: Execution): string {
  const short = legs.filter((leg) => isLess(leg.filledQuantity, leg.plannedQuantity)).map(describe);
  return [...(abortReason === null ? [] : [`aborted: ${abortReason}`]), ...short].join('; ');
}

function describe(leg: ExecutionLeg): string {
  const { side, sequence, venue, market, plannedQuantity, quantity, filledQuantity, status, reason } = leg;
  const order = `${side} ${sequence} in ${market} at ${venue}`;
  const filled = `filled ${filledQuantity} of ${plannedQuantity}`;
  const smaller = isLess(quantity, plannedQuantity)
    ? `, ${quantity} of it ordered: confirmed cash allowed no more`
    : '';
  const why = reason === null || reason === '' ? '' : `: ${reason}`;
  return `${order} ${filled}${smaller} (${status}${why})`;
}
