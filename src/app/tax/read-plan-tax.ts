import type { OpenDatabase } from '../../../db/database.ts';
import type { LotDisposal } from '../../domain/lots/lot-disposal.ts';
import type { LotRules } from '../../domain/lots/lot-rules.ts';
import { lotRulesOf } from '../../domain/lots/lot-rules-of-terms.ts';
import { isNegative } from '../../domain/money/amount.ts';
import type { PlanInput, PlanTaxInput, RecentLoss } from '../../domain/rebalancing/plan-input.ts';
import { DEFAULT_GROUPS } from '../asset-groups.ts';
import type { ServiceSettings } from '../portfolio/service-settings.ts';
import { accountBookLots, bookAssets } from './account-book-lots.ts';

/**
 * What a plan made now is taxed by: every lot of the book, and the sales of late that may have been at a loss. Null
 * where no tax is configured; then the book is not read.
 */
export async function readPlanTax(
  db: OpenDatabase['db'],
  { tax, groups }: Pick<ServiceSettings, 'tax' | 'groups'>,
  nowMs: number,
): Promise<PlanTaxInput | null> {
  if (tax === undefined) return null;
  const rules = lotRulesOf(tax);
  const assets = bookAssets({ ...DEFAULT_GROUPS, ...groups });
  const { account } = await accountBookLots(db, assets, rules);
  return {
    ...tax,
    atMs: nowMs,
    lots: account.lots,
    recentLosses: account.disposals.flatMap((disposal) => lossesOf(disposal, rules, nowMs)),
  };
}

/** An input with the lots that bear on it: of what its venues trade, and of what would replace it. */
export function inputWithTax(input: PlanInput, tax: PlanTaxInput): PlanInput {
  const traded = new Map(
    input.venues.map(({ id, markets }) => [id, new Set(markets.map(({ asset }) => asset))] as const),
  );
  const replacing = new Set(tax.washSale?.groups.flat() ?? []);
  const lots = tax.lots.filter(({ account, asset }) => {
    const assets = traded.get(account);
    return assets !== undefined && (assets.has(asset) || replacing.has(asset));
  });
  return { ...input, tax: { ...tax, lots } };
}

function lossesOf(
  { asset, atMs, matches }: LotDisposal,
  { washSale, calendar }: LotRules,
  nowMs: number,
): readonly RecentLoss[] {
  if (!washSale?.groups.some((group) => group.includes(asset))) return [];
  if (calendar.dayOf(nowMs) - calendar.dayOf(atMs) > washSale.windowDays) return [];
  const losses = matches.filter(({ gain }) => gain.state === 'unknown' || isNegative(gain.amount));
  if (losses.length === 0) return [];
  return [{ asset, atMs, isCertain: losses.some(({ gain }) => gain.state === 'known') }];
}
