import { type Amount, add, isMore, multiply, sum } from '../money/amount.ts';

/** What a policy may approve without a person: the values of all orders of a plan, and of a day. The smallest counts. */
export interface ApprovalLimits {
  readonly maxUsd: Amount;
  /** The same as a fraction of the portfolio. */
  readonly maxNavFraction: Amount;
  /** Of all plans that the policy has approved within 24 hours, this one included. */
  readonly maxUsdPerDay: Amount;
}

/** The plan, and what the policy has approved within the 24 hours before it. */
export interface ApprovalFacts {
  readonly navUsd: Amount;
  readonly orders: readonly { readonly notionalUsd: Amount }[];
  readonly approvedWithinDayUsd: Amount;
}

/** Value of all orders of a plan at mid prices. */
export const plannedUsdOf = (orders: ApprovalFacts['orders']): Amount =>
  sum(orders.map(({ notionalUsd }) => notionalUsd));

/** Why a person has to decide on a plan; null where the policy may approve it. A bound itself is within. */
export function whyNotByPolicy(facts: ApprovalFacts, limits: ApprovalLimits): string | null {
  const plannedUsd = plannedUsdOf(facts.orders);
  if (isMore(plannedUsd, limits.maxUsd))
    return `its orders are worth ${plannedUsd} USD, above maxUsd ${limits.maxUsd}`;
  const shareUsd = multiply(limits.maxNavFraction, facts.navUsd);
  if (isMore(plannedUsd, shareUsd))
    return `its orders are worth ${plannedUsd} USD, above ${shareUsd}, which is maxNavFraction ${limits.maxNavFraction} of the portfolio`;
  const dayUsd = add(facts.approvedWithinDayUsd, plannedUsd);
  if (isMore(dayUsd, limits.maxUsdPerDay))
    return `with its orders ${dayUsd} USD would be approved within 24 hours, above maxUsdPerDay ${limits.maxUsdPerDay}`;
  return null;
}
