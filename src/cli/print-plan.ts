import { ZERO } from '../domain/money/amount.ts';
import { describeBand } from '../domain/rebalancing/describe-band.ts';
import type { AssetExplanation } from '../domain/rebalancing/explain-asset.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import type { Output } from './output.ts';
import { percentText } from './percent-text.ts';
import { printPlanTax } from './print-plan-tax.ts';
import { right, tableLines } from './table.ts';

/** The orders of a plan, sells first, with the reason of each. */
export function printPlan(plan: Plan, output: Output): void {
  output.line(`${output.style.bold('plan')} ${output.style.dim(plan.hash)}`);
  if (plan.orders.length === 0) {
    output.line('  nothing is to be traded');
    for (const line of bandLines(plan)) output.line(`  ${line}`);
    return;
  }
  const rows = plan.orders.map((order) => [
    String(order.sequence),
    order.venue,
    order.market,
    order.side,
    order.quantity,
    order.limitPrice,
    order.notionalUsd,
    order.fundedBy.join(', '),
    order.reason,
  ]);
  for (const line of tableLines(COLUMNS, rows)) output.line(`  ${line}`);
  for (const line of bandLines(plan)) output.line(`  ${line}`);
  const { before, after, structural } = plan.drift;
  output.line(
    `  drift ${percentText(before)} → ${percentText(after)}, of which no trade can remove ${percentText(structural)}; ` +
      `at most ${plan.gapBps} basis points from the best plan there is`,
  );
  if (plan.transferAdvice !== null) output.line(`  ${plan.transferAdvice.reason}`);
  if (plan.tax !== undefined) printPlanTax(plan.tax, output);
}

/** The groups that stay because they are inside their bands; the others stand with their orders. */
function bandLines({ destination, weightsBefore }: Plan): readonly string[] {
  if (destination === undefined) return [];
  return Object.entries(destination.bands).flatMap(([group, band]) => {
    const weight = weightsBefore[group];
    const to = destination.weights[group];
    if (weight === undefined || to === undefined || band.state !== 'inside') return [];
    return [describeBand(group, band, { weight, destination: to })];
  });
}

/** What a plan says of one asset. */
export function printAsset(explanation: AssetExplanation, output: Output): void {
  const { asset, group, weightBefore, weightTarget, weightAfterExpected, orders, skipped } = explanation;
  const name = asset === group ? asset : `${asset} (${group})`;
  output.line(
    weightBefore === null || weightAfterExpected === null || weightTarget === null
      ? `${output.style.bold(name)}  outside the plan`
      : `${output.style.bold(name)}  ${percentText(weightBefore)} of the portfolio → ${percentText(weightAfterExpected)}, target ${percentText(weightTarget)}`,
  );
  const { band, weightDestination } = explanation;
  if (band !== null && weightBefore !== null && weightDestination !== null) {
    output.line(`  ${describeBand(group, band, { weight: weightBefore, destination: weightDestination })}`);
    output.line(`  its width: ${band.reason}`);
  }
  for (const { venue, market, side, quantity, limitPrice, reason, bindingConstraint } of orders) {
    output.line(`  ${venue}: ${side} ${quantity} in ${market} at ${limitPrice} or better: ${reason}`);
    output.line(`    not more: ${bindingConstraint}`);
  }
  for (const { venue, asset: left, reason } of skipped)
    output.line(`  ${venue}: no order in ${left}: ${reason}`);
  for (const [venue, price] of Object.entries(explanation.shadowPrices)) {
    if (price !== null && price !== ZERO)
      output.line(`  another dollar of cash at ${venue} would bring the portfolio ${price} USD nearer`);
  }
  if (orders.length + skipped.length === 0)
    output.line(
      weightBefore === weightAfterExpected
        ? '  the plan has nothing to do with it'
        : '  no order of its own: what it comes to follows from the orders in the others',
    );
}

const COLUMNS = [
  right('#'),
  { title: 'Venue' },
  { title: 'Market' },
  { title: 'Side' },
  right('Quantity'),
  right('Limit'),
  right('USD'),
  { title: 'Funded by' },
  { title: 'Why' },
];
