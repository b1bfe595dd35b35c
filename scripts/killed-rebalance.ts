// Kills the demo's process between the sells and the buys of a rebalance over three venues, starts it again, and tells
// what came of it: npm run killed-rebalance -- --seed 7 [--json]
// It ends with 1 where an order was sent twice, or where it ends farther than a point from a target without a reason.

import { parseArgs } from 'node:util';
import { runKilledRebalance } from '../tests/support/killed-rebalance.ts';

/** A point of the portfolio. */
const FAR = 0.01;

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } },
});
const { beforeKill, wasKilled, ended, intents, weights, targets } = await runKilledRebalance(
  Number(values.seed),
);
const farthestFrom = (reached: Readonly<Record<string, string>>): number =>
  Math.max(
    ...Object.entries(targets).map(([group, target]) =>
      Math.abs(Number(reached[group] ?? '0') - Number(target)),
    ),
  );
const report = {
  wasKilled,
  beforeKill: beforeKill.map(({ venue, side, status }) => ({ venue, side, status })),
  ended: ended.map(({ requestId, outcome, reason }) => ({ requestId, outcome, reason })),
  intents,
  ordersPerIntentMax: Math.max(...intents.map(({ ordersAtVenue }) => ordersAtVenue ?? 0)),
  weights: { ...weights, targets },
  farthestFromTarget: {
    before: farthestFrom(weights.before),
    after: farthestFrom(weights.after),
    afterAnother: farthestFrom(weights.afterAnother),
  },
};
if (values.json) console.log(JSON.stringify(report));
else {
  for (const { venue, side, status } of report.beforeKill) console.log(`${venue} ${side}: ${status}`);
  console.log(wasKilled ? 'killed before the first buy at these venues, and started again' : 'not killed');
  for (const { venue, side, status, ordersAtVenue } of intents)
    console.log(`${venue} ${side}: ${status}, ${ordersAtVenue ?? 'no client ids to count'} at the venue`);
  for (const { requestId, outcome, reason } of report.ended)
    console.log(`${requestId} ${outcome}: ${reason}`);
  const { before, after, afterAnother } = report.farthestFromTarget;
  const points = (share: number): string => `${(share * 100).toFixed(2)} points`;
  console.log(
    `farthest from a target: ${points(before)} before, ${points(after)} after, ${points(afterAnother)} after another rebalance`,
  );
}
const isWithin = report.farthestFromTarget.after < FAR || ended.every(({ reason }) => reason !== '');
process.exitCode = wasKilled && ended.length > 0 && report.ordersPerIntentMax <= 1 && isWithin ? 0 : 1;
