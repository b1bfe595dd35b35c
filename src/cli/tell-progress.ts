import type { Portfolio } from '../app/portfolio-api.ts';
import type { Output } from './output.ts';
import { printable } from './table.ts';

/** A line on stderr for whatever a person who watches wants to know: a venue's status only when it changes. */
export function tellProgress(portfolio: Portfolio, output: Output): void {
  const statuses = new Map<string, string>();
  const tell = (atMs: number, text: string): void =>
    output.note(`${new Date(atMs).toISOString()}  ${printable(text)}`);
  portfolio.on('venueReportMade', ({ venue, atMs, status, unknown, isRoundOver }) => {
    if (!isRoundOver) return;
    // The detail may differ from round to round, such as how long is still to be waited.
    const key = `${status} ${unknown?.reason ?? ''}`;
    if (statuses.get(venue) === key) return;
    statuses.set(venue, key);
    tell(atMs, `${venue} ${unknown ? `${status} (${unknown.reason}: ${unknown.detail})` : status}`);
  });
  portfolio.on('venueOpened', ({ venue, atMs, by }) => tell(atMs, `${venue} opened by ${by}`));
  portfolio.on('openingAwaited', ({ venue, atMs }) => tell(atMs, `${venue} waits for "trueup open"`));
  portfolio.on('discrepancyChanged', ({ atMs, discrepancy, reason }) => {
    const { venue, asset, delta, state } = discrepancy;
    tell(atMs, `${venue} ${asset} differs by ${delta}: ${state}, ${reason}`);
  });
  portfolio.on('correctionChanged', ({ atMs, venue, state, causes, by }) =>
    tell(atMs, `${venue} correction ${state} by ${by}: ${causes.join(' + ')}`),
  );
  portfolio.on('gateChanged', ({ atMs, venue, asset, state, reason }) =>
    tell(atMs, `${venue} ${asset} is ${state}: ${reason}`),
  );
  portfolio.on('venueModeChanged', ({ atMs, venue, mode, reason }) =>
    tell(atMs, `${venue} is ${mode}: ${reason}`),
  );
  portfolio.on('breakerChanged', ({ atMs, venue, endpointClass, state, reason }) =>
    tell(atMs, `${venue} circuit breaker of ${endpointClass} is ${state}: ${reason}`),
  );
  portfolio.on('orderChanged', ({ atMs, venue, market, side, quantity, status, detail }) =>
    tell(atMs, `${venue} ${side} ${quantity} ${market}: ${status} ${detail}`),
  );
  portfolio.on('planMade', ({ atMs, plan, next }) => {
    const shortId = plan.hash.slice(0, 8);
    const orders = `plan ${shortId} of ${plan.orders.length} orders`;
    if (next === 'approval') tell(atMs, `${orders} waits for a person: trueup approve ${shortId}`);
  });
  portfolio.on('rebalancingEnded', ({ atMs, outcome, reason }) =>
    tell(atMs, `rebalance ${outcome} ${reason}`),
  );
  portfolio.on('workerChanged', ({ atMs, worker, what, error }) =>
    tell(atMs, `${worker}: ${what} ${error ?? ''}`),
  );
}
