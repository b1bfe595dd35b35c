import type { Plan } from '../domain/rebalancing/plan.ts';
import type { Output } from './output.ts';
import { tableLines } from './table.ts';

/** The orders of a plan, sells first, with the reason of each. */
export function printPlan(plan: Plan, output: Output): void {
  output.line(`${output.style.bold('plan')} ${output.style.dim(plan.hash)}`);
  if (plan.orders.length === 0) {
    output.line('  nothing is to be traded');
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
}

const right = (title: string) => ({ title, align: 'right' }) as const;
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
