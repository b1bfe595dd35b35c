import type { PlanBesideOwner } from '../app/plan-beside-owner.ts';
import type { AssetExplanation } from '../domain/rebalancing/explain-asset.ts';
import type { Output } from './output.ts';
import { boundText, methodLine } from './print-targets.ts';
import { printable } from './table.ts';

type PlanTargeting = NonNullable<PlanBesideOwner['targeting']>;

/** How a plan's targets came about, and what becomes of what no target names. */
export function printTargeting(targeting: PlanTargeting, output: Output): void {
  output.line(`  targets: ${targeting.method} ${printable(methodLine(targeting))}`);
  for (const note of targeting.notes) output.line(`    ${printable(note)}`);
  for (const decision of targeting.unassigned) {
    const why = decision.action === 'hold' ? `: ${decision.reason}` : '';
    output.line(
      `  ${decision.action} ${decision.quantity} ${printable(decision.asset)}, which no target names${printable(why)}`,
    );
  }
}

/** The same of one asset: whose it is, and what bound it. */
export function printTargetOf(targeting: PlanTargeting, { group }: AssetExplanation, output: Output): void {
  const bound = boundText(targeting, group);
  output.line(
    `  target: ${targeting.method} ${printable(methodLine(targeting))}${bound === '' ? '' : `; ${bound}`}`,
  );
  const parts = targeting.allotments.filter((each) => each.group === group && each.strategy !== null);
  if (parts.length > 0)
    output.line(
      `  of it: ${printable(parts.map(({ strategy, ppm }) => `${strategy} ${ppm} ppm`).join(', '))}`,
    );
}
