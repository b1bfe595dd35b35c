// What comes into a part of the portfolio and goes out of it: the whole, a venue, or an asset.
//
// Invariants, each held by a property test of the same words:
// 1. What a transaction changes is flow of a venue or return of it, and of no venue both.
// 2. Over all venues flows sum to those of the portfolio.
// 3. A trade moves from one asset into another what it has cost or brought, the fee included.

import type { Transaction } from '../book/transaction.ts';
import { type Amount, add, isZero, negate, ZERO } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import { externalFlowOf, FLOW_ACCOUNTS } from './external-flow.ts';

export interface ScopeFlow {
  /** The venue or the group of assets; empty for the portfolio. */
  readonly scope: string;
  /** Its transaction's place in the book; null where it has none. */
  readonly sequence: number | null;
  readonly atMs: number;
  /** In, or negative out. */
  readonly asset: AssetId;
  readonly quantity: Amount;
  /** What was paid or got for it; null where a price says what it is worth. */
  readonly usd: Amount | null;
}

export interface FlowAssets {
  readonly groupOf: (asset: AssetId) => string;
  readonly isCash: (asset: AssetId) => boolean;
}

interface Booked {
  readonly sequence: number;
  readonly transaction: Transaction;
}

/** What came in from outside. What is one thing under two names is not told where it cancels. */
export function portfolioFlows(booked: Booked, { groupOf }: FlowAssets): readonly ScopeFlow[] {
  return told(booked, '', byGroup(externalFlowOf(booked.transaction), groupOf));
}

/** What came to each venue from outside or from another one. What is on its way is still the sender's. */
export function venueFlows(booked: Booked, { groupOf }: FlowAssets): readonly ScopeFlow[] {
  const { transaction } = booked;
  const changes = new Map<string, Map<AssetId, Amount>>();
  const change = (venue: string, asset: AssetId, amount: Amount): void => {
    const assets = changes.get(venue) ?? new Map<AssetId, Amount>();
    changes.set(venue, assets.set(asset, add(assets.get(asset) ?? ZERO, amount)));
  };
  for (const posting of transaction.postings) {
    if ('venue' in posting) change(posting.venue, posting.asset, posting.amount);
    // What the transaction's venue traded, paid or earned is return: taken out again.
    else if (!FLOW_ACCOUNTS.includes(posting.external))
      change(transaction.venue, posting.asset, posting.amount);
  }
  return [...changes].flatMap(([venue, assets]) => told(booked, venue, byGroup(assets, groupOf)));
}

/**
 * What came into each group of assets: from outside, and by trades, at what they have cost or brought in cash with the
 * fee. Without cash a trade is worth what a price says. Other fees, funding and rewards are return of what they are paid in.
 */
export function assetFlows(booked: Booked, { groupOf, isCash }: FlowAssets): readonly ScopeFlow[] {
  const { sequence, transaction } = booked;
  const flows = [...byGroup(externalFlowOf(transaction), groupOf)].flatMap(([group, [asset, quantity]]) =>
    told(booked, group, new Map([[group, [asset, quantity]]])),
  );
  const traded = new Map<AssetId, Amount>();
  let cash = ZERO;
  for (const posting of transaction.postings) {
    if ('venue' in posting) continue;
    const { external, asset, amount } = posting;
    const isTrade = external === 'trade';
    if (isTrade) traded.set(asset, add(traded.get(asset) ?? ZERO, negate(amount)));
    else if (external !== 'fee' || !transaction.postings.some((each) => isTradePosting(each))) continue;
    if (isCash(asset)) cash = add(cash, negate(amount));
  }
  const others = [...byGroup(traded, groupOf)].filter(([, [asset]]) => !isCash(asset));
  // Two that are traded for each other and for cash at once are no trade that anybody reports.
  const isForCash = others.length === 1 && !isZero(cash);
  for (const [group, [asset, quantity]] of others)
    flows.push({
      scope: group,
      sequence,
      atMs: transaction.atMs,
      asset,
      quantity,
      usd: isForCash ? negate(cash) : null,
    });
  const paidIn = [...traded.keys()].find(isCash);
  if (isForCash && paidIn !== undefined)
    flows.push({
      scope: groupOf(paidIn),
      sequence,
      atMs: transaction.atMs,
      asset: paidIn,
      quantity: cash,
      usd: cash,
    });
  return flows;
}

const isTradePosting = (posting: Transaction['postings'][number]): boolean =>
  'external' in posting && posting.external === 'trade';

type ByGroup = ReadonlyMap<string, readonly [asset: AssetId, quantity: Amount]>;

/** One asset stands for the others of its group; what is nothing is left out. */
function byGroup(amounts: ReadonlyMap<AssetId, Amount>, groupOf: (asset: AssetId) => string): ByGroup {
  const groups = new Map<string, [AssetId, Amount]>();
  for (const [asset, amount] of amounts) {
    const [first = asset, sum = ZERO] = groups.get(groupOf(asset)) ?? [];
    groups.set(groupOf(asset), [first, add(sum, amount)]);
  }
  for (const [group, [, quantity]] of groups) if (isZero(quantity)) groups.delete(group);
  return groups;
}

const told = ({ sequence, transaction }: Booked, scope: string, groups: ByGroup): ScopeFlow[] =>
  [...groups.values()].map(([asset, quantity]) => ({
    scope,
    sequence,
    atMs: transaction.atMs,
    asset,
    quantity,
    usd: null,
  }));
