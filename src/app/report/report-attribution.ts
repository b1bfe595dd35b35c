import type { OpenDatabase } from '../../../db/database.ts';
import { neumaierSum } from '../../domain/attribution/neumaier-sum.ts';
import { PARTS } from '../../domain/attribution/part.ts';
import { known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { ReportDocument } from '../../report/report-document.ts';
import { type AssetGroups, groupOf } from '../asset-groups.ts';
import { attributionOfBook } from '../attribution-of-book.ts';

/** What the prices of each group of assets brought, and what fees, slippage, funding and cash did of all of them together. */
export async function reportedAttribution(
  db: OpenDatabase['db'],
  span: { readonly fromMs: number; readonly toMs: number; readonly groups: AssetGroups },
): Promise<ReportDocument['attribution']> {
  const outcome = await attributionOfBook(db, { ...span, tiers: ['daily'], grouping: 'asset' });
  if (outcome.state === 'tooFew')
    return unknown(`${outcome.found} valuations of days, and at least two are needed`);
  if (outcome.state === 'tooMany') return unknown(`more than ${outcome.most} valuations`);
  const { contributions, parts, reason, chains, return: totalReturn } = outcome.document;
  if (contributions === null || parts === null || totalReturn === null)
    return unknown(reason ?? 'it cannot be linked');
  return known({
    toMs: Date.parse(chains.at(-1)?.to ?? ''),
    totalReturn,
    parts: [
      ...[...byGroup(contributions, span.groups)]
        .map(([name, prices]) => ({ name, kind: 'asset' as const, contribution: neumaierSum(prices) }))
        .filter(({ contribution }) => contribution !== 0),
      ...PARTS.filter((part) => part !== 'price' && parts[part] !== 0).map((part) => ({
        name: part,
        kind: 'sleeve' as const,
        contribution: parts[part],
      })),
    ],
  });
}

/** Every part is linked, so that any sum of them sums: an asset, its contracts and its perpetuals are one. */
function byGroup(
  contributions: readonly { readonly name: string; readonly price: number }[],
  groups: AssetGroups,
): ReadonlyMap<string, readonly number[]> {
  const prices = new Map<string, readonly number[]>();
  for (const { name, price } of contributions) {
    const group = groupOf(groups, name);
    prices.set(group, [...(prices.get(group) ?? []), price]);
  }
  return prices;
}
