// Holds the demo's document to what the README says of it. Usage: node scripts/check-demo.mjs FILE
// The file may begin with what npm prints before a script runs.
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2] ?? '', 'utf8');
const demo = JSON.parse(text.slice(text.indexOf('{')));
const problems = [];
const check = (claim, holds) => {
  if (!holds) problems.push(claim);
};

check('three venues or more', demo.venues.length >= 3);
check(
  'every venue ends reconciled',
  demo.venues.every(({ status }) => status === 'reconciled'),
);
check('differences were found', demo.discrepancies.length > 0);
check(
  'every difference has one explanation and is corrected',
  demo.discrepancies.every(
    ({ explanation, resolution }) => explanation === 'unique' && resolution === 'corrected',
  ),
);
check('every fault was met', demo.faults.length > 0 && demo.faults.every(({ met }) => met !== 'not found'));
check('the audit log verifies', demo.audit.verified === true && demo.audit.entries > 0);
for (const [group, target] of Object.entries(demo.portfolio.targets)) {
  const distance = Math.abs(Number(demo.portfolio.weightsAfter[group] ?? 0) - Number(target));
  check(`${group} ends within 5 points of its target, found ${distance}`, distance <= 0.05);
}
const orders = new Map(demo.orders.map((order) => [order.sequence, order]));
check('orders at three venues', new Set(demo.orders.map(({ venue }) => venue)).size >= 3);
for (const order of demo.orders) {
  for (const sequence of order.fundedBy) {
    const sell = orders.get(sequence);
    check(
      `order ${order.sequence} is sent after the sell ${sequence} is confirmed`,
      sell?.side === 'sell' && sell.confirmedAtMs !== null && order.submittedAtMs >= sell.confirmedAtMs,
    );
  }
}
check(`ends within 60 s, found ${demo.figures.elapsedMs} ms`, demo.figures.elapsedMs < 60_000);
check(`stays under 350 MB, found ${demo.figures.peakRssMb} MB`, demo.figures.peakRssMb < 350);

for (const problem of problems) console.error(`demo: expected ${problem}`);
console.log(`demo: ${JSON.stringify(demo.figures)}`);
process.exitCode = problems.length === 0 ? 0 : 1;
