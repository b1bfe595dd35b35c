import type { CommittedStep } from '../../../actors/rebalancing-work.ts';
import { whyNotIntended } from '../../domain/risk/judge-intent.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { presentVenuesOf } from './plan-input-of.ts';
import { ACTIVITY_UNREAD, isRequiredBy, riskStateOf } from './risk-state-of.ts';

/**
 * Why the limits forbid, as the book and the prices are now, that an order be intended; null for every other step. What
 * was sent and traded within a day was judged with the plan, and is not read again.
 */
export function whyForbiddenNow({ event, leg }: CommittedStep, reading: () => Reading): string | null {
  if (event.type !== 'legIntended' || leg === null) return null;
  const now = reading();
  const { settings } = now;
  const state = riskStateOf(now, presentVenuesOf(now), ACTIVITY_UNREAD);
  const { venue, asset, side } = leg;
  const order = { venue, asset, side, quantity: event.quantity };
  return whyNotIntended(order, state, settings.limits, isRequiredBy(now));
}
