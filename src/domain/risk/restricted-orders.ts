import { clustering } from './concentration-limits.ts';
import type { RiskFinding } from './risk-evaluation.ts';
import { notReducing, type RiskOrder } from './risk-order.ts';
import type { RiskState } from './risk-state.ts';

/** What was found before there was a plan, with the orders of the plan that it forbids. What forbids none is left out. */
export function restrictedOrders(
  before: readonly RiskFinding[],
  orders: readonly RiskOrder[],
  state: RiskState,
): readonly RiskFinding[] {
  return before.flatMap((finding) => {
    const forbidden = forbiddenBy(finding, orders, state);
    return forbidden.length === 0 ? [] : [{ ...finding, orders: forbidden }];
  });
}

function forbiddenBy(
  finding: RiskFinding,
  orders: readonly RiskOrder[],
  state: RiskState,
): readonly number[] {
  const { subject, action } = finding;
  const adding = new Set(notReducing(orders, state));
  const those = (isForbidden: (order: RiskOrder) => boolean): readonly number[] =>
    orders.filter(isForbidden).map(({ sequence }) => sequence);
  switch (action) {
    case 'halt':
      return those(() => true);
    case 'reduceOnly':
      return [...adding];
    case 'defer':
      return those(() => true);
    case 'noBuysAtVenue':
      return those(
        ({ venue, side }) => side === 'buy' && subject.kind === 'venue' && venue === subject.venue,
      );
    case 'noBuysOfAsset':
      return those(
        ({ venue, asset, side }) =>
          side === 'buy' &&
          subject.kind === 'asset' &&
          (asset === subject.asset || cashAssetAt(state, venue) === subject.asset),
      );
    case 'freezeAsset':
      return those(
        ({ venue, asset }) => subject.kind === 'market' && venue === subject.venue && asset === subject.asset,
      );
    case 'clip':
      return finding.state === 'breached'
        ? []
        : those((order) => adding.has(order.sequence) && isOf(order, finding, state));
    case 'scalePlan':
      return finding.state === 'breached' ? [] : those(() => true);
    case 'keepCash':
      return finding.state === 'breached' ? [] : [...adding];
    case 'tell':
    case 'slice':
    case 'capPrice':
      return [];
  }
}

function isOf({ group }: RiskOrder, { subject }: RiskFinding, state: RiskState): boolean {
  if (subject.kind === 'group') return group === subject.group;
  if (subject.kind !== 'cluster') return true;
  return state.clusters.state === 'known' && clustering(state.clusters.value)(group) === subject.cluster;
}

const cashAssetAt = (state: RiskState, venue: string): string | undefined =>
  state.venues.find(({ id }) => id === venue)?.cashAsset;
