import type { ExternalAccount, Transaction } from '../book/transaction.ts';
import {
  type Amount,
  add,
  isNegative,
  isPositive,
  isZero,
  negate,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import { type AssetId, isPerpetualAsset, type VenueId } from '../venue/venue.ts';
import { type Figure, known, unknown } from './figure.ts';
import type { LotSource } from './lot.ts';
import type { Acquisition, Disposal, LotEvent, Transfer } from './lot-event.ts';

/** What the book does not say of assets. */
export interface BookAssets {
  /** What gains are counted in, such as "USD". */
  readonly reportingCurrency: string;
  /** Whether an asset counts as the reporting currency, one to one. Cash has no lots. */
  isCash(asset: AssetId): boolean;
  /** Assets of a group that change into each other, one to one, are the same lots: SOL and wrapped SOL. */
  groupOf(asset: AssetId): string;
}

/** Where withdrawn lots stay, with their basis and age: the book does not know whether they were disposed of. */
export const OUTSIDE = '(outside the book)';

/** Where and when an event is, under an id that no other has. */
export interface EventPlace {
  readonly id: string;
  readonly account: VenueId;
  readonly atMs: number;
}

/**
 * What a transaction of the book does to lots: nothing where only cash, holds or perpetual positions move. A figure
 * that the book has no price for is unknown, with the reason: never zero. `id` is the first event's; further ones have
 * a number behind it.
 */
export function lotEventsOf(transaction: Transaction, id: string, assets: BookAssets): readonly LotEvent[] {
  const arrival = arrivalOf(transaction, id, assets);
  if (arrival !== null) return arrival;
  const made: LotEvent[] = [];
  const place = (): EventPlace => ({
    id: made.length === 0 ? id : `${id}#${made.length}`,
    account: transaction.venue,
    atMs: transaction.atMs,
  });
  const moved = movementsOf(transaction);
  const fees = new Map([...moved.fee].filter(([asset]) => !assets.isCash(asset)));
  for (const event of tradeEvents(moved, fees, { assets, place })) made.push(event);
  for (const [asset, fee] of fees) made.push(feeEvent(asset, fee, place()));
  for (const [external, asset, amount] of moved.other)
    if (!assets.isCash(asset)) made.push(otherEvent(external, { asset, amount }, place()));
  return made;
}

/** What one venue gives and another gets, whatever stands between; null where a single venue moves. */
function arrivalOf(
  { venue, atMs, postings }: Transaction,
  id: string,
  { isCash }: BookAssets,
): readonly LotEvent[] | null {
  const own = postings.filter((posting) => 'venue' in posting);
  const given = own.find((posting) => posting.venue !== venue);
  if (given === undefined) return null;
  const quantity = sum(own.filter((posting) => posting.venue === venue).map(({ amount }) => amount));
  const got = own.find((posting) => posting.venue === venue)?.asset ?? given.asset;
  if (isCash(given.asset) || isPerpetualAsset(given.asset) || !isPositive(quantity)) return [];
  return [
    transferEvent({ id, atMs, from: given.venue, to: venue, asset: given.asset, arrivesAs: got, quantity }),
  ];
}

/** A fee on its own: something that was disposed of, at a value that the book does not know. */
function feeEvent(asset: AssetId, fee: Amount, place: EventPlace): LotEvent {
  return isPositive(fee)
    ? disposal(asset, fee, { ...place, proceeds: unknown(`what a fee in ${asset} was worth is unknown`) })
    : acquisition(asset, negate(fee), {
        ...place,
        cost: unknown(`what a rebate in ${asset} was worth is unknown`),
        source: 'income',
      });
}

/** By asset: what we got, less what we gave; fees above zero where they were paid. Perpetual positions are no lots. */
interface Movements {
  readonly trade: ReadonlyMap<AssetId, Amount>;
  readonly fee: ReadonlyMap<AssetId, Amount>;
  readonly other: readonly (readonly [ExternalAccount, AssetId, Amount])[];
}

function movementsOf({ postings }: Transaction): Movements {
  const trade = new Map<AssetId, Amount>();
  const fee = new Map<AssetId, Amount>();
  const other: [ExternalAccount, AssetId, Amount][] = [];
  let hasPosition = false;
  for (const posting of postings) {
    if (!('external' in posting)) continue;
    const { external, asset, amount } = posting;
    if (isPerpetualAsset(asset)) hasPosition = true;
    else if (external === 'trade') trade.set(asset, negate(amount));
    else if (external === 'fee') fee.set(asset, amount);
    else other.push([external, asset, negate(amount)]);
  }
  // What a perpetual position costs is no price of anything that is held.
  return { trade: hasPosition ? new Map() : trade, fee, other };
}

interface Making {
  readonly assets: BookAssets;
  readonly place: () => EventPlace;
}

/** Takes fees in what is traded out of `fees`: they are a part of what was given, or never arrived. */
function* tradeEvents(
  moved: Movements,
  fees: Map<AssetId, Amount>,
  { assets, place }: Making,
): Generator<LotEvent> {
  const legs = [...moved.trade].filter(([asset, amount]) => !assets.isCash(asset) && !isZero(amount));
  const [first, second] = legs;
  if (first && second && legs.length === 2 && isSameThing(first, second, assets)) {
    const [from, to] = isNegative(first[1]) ? [first, second] : [second, first];
    yield shapeChange(from[0], to, place());
    return;
  }
  for (const [asset, amount] of legs) {
    const quantity = subtract(amount, fees.get(asset) ?? ZERO);
    fees.delete(asset);
    if (isNegative(quantity) !== isNegative(amount) || isZero(quantity)) {
      // The fee took all of it, and perhaps more.
      if (!isZero(quantity)) fees.set(asset, negate(quantity));
      continue;
    }
    const other = legs.find((leg) => leg[0] !== asset)?.[0];
    const money = moneyOf(moved, { asset, other, otherFee: [...fees.keys()][0] }, assets);
    yield isPositive(amount)
      ? acquisition(asset, quantity, { ...place(), cost: costOf(asset, money), source: 'purchase' })
      : disposal(asset, negate(quantity), { ...place(), proceeds: money });
  }
}

/** Cash that a trade brought after fees, below zero where it was paid. */
function moneyOf(
  { trade, fee }: Movements,
  of: {
    readonly asset: AssetId;
    readonly other: AssetId | undefined;
    readonly otherFee: AssetId | undefined;
  },
  { isCash, reportingCurrency }: BookAssets,
): Figure {
  if (of.other !== undefined)
    return unknown(`traded for ${of.other}, of which the book has no price in ${reportingCurrency}`);
  if (of.otherFee !== undefined)
    return unknown(`its fee is in ${of.otherFee}, of which the book has no price in ${reportingCurrency}`);
  const cash = [...trade].filter(([asset]) => isCash(asset)).map(([, amount]) => amount);
  if (cash.length === 0) return unknown(`the book does not say what ${of.asset} was traded for`);
  const paid = [...fee].filter(([asset]) => isCash(asset)).map(([, amount]) => negate(amount));
  return known([...cash, ...paid].reduce(add));
}

/** What comes from another account than trade and fee, or goes there: below zero where it goes. */
function otherEvent(
  external: ExternalAccount,
  { asset, amount }: { readonly asset: AssetId; readonly amount: Amount },
  place: EventPlace,
): LotEvent {
  const what = WORDS[external] ?? external;
  if (isPositive(amount))
    return acquisition(asset, amount, {
      ...place,
      cost: unknown(`${what}: the book does not know what it cost`),
      source: external === 'reward' || external === 'funding' ? 'income' : 'deposit',
    });
  const quantity = negate(amount);
  const { id, atMs, account: from } = place;
  if (external === 'transfer') return transferEvent({ id, atMs, from, to: OUTSIDE, asset, quantity });
  return disposal(asset, quantity, {
    ...place,
    proceeds: unknown(`${what}: the book does not know what it brought`),
  });
}

const WORDS: Readonly<Partial<Record<ExternalAccount, string>>> = {
  opening: 'made up at the opening of the venue',
  transfer: 'a deposit',
  reward: 'a reward',
  funding: 'a funding payment',
  rounding: 'a rounding',
  unexplained: 'a correction that nobody explains',
};

const isSameThing = (
  [a, amountA]: readonly [AssetId, Amount],
  [b, amountB]: readonly [AssetId, Amount],
  { groupOf }: BookAssets,
): boolean => groupOf(a) === groupOf(b) && amountA === negate(amountB);

const shapeChange = (
  asset: AssetId,
  [arrivesAs, quantity]: readonly [AssetId, Amount],
  { id, atMs, account }: EventPlace,
): Transfer => transferEvent({ id, atMs, from: account, to: account, asset, arrivesAs, quantity });

/** What is bought or earned is held since then; of what came otherwise nobody knows since when. */
const acquisition = (
  asset: AssetId,
  quantity: Amount,
  of: EventPlace & { readonly cost: Figure; readonly source: LotSource },
): Acquisition => ({
  ...of,
  kind: 'acquisition',
  asset,
  quantity,
  heldSince: of.source === 'deposit' ? { state: 'unknown' } : { state: 'known', atMs: of.atMs },
});

const disposal = (
  asset: AssetId,
  quantity: Amount,
  of: EventPlace & { readonly proceeds: Figure },
): Disposal => ({ ...of, kind: 'disposal', asset, quantity, lots: null });

/** A move that costs nothing. */
export const transferEvent = ({
  arrivesAs,
  ...of
}: Pick<Transfer, 'id' | 'atMs' | 'from' | 'to' | 'asset' | 'quantity' | 'arrivesAs'>): Transfer => ({
  ...of,
  ...(arrivesAs === undefined || arrivesAs === of.asset ? {} : { arrivesAs }),
  kind: 'transfer',
  fee: ZERO,
  feeValue: known(ZERO),
  lots: null,
});

/** What brought cash besides has no cost of its own. */
function costOf(asset: AssetId, money: Figure): Figure {
  if (money.state === 'unknown') return money;
  return isPositive(money.amount)
    ? unknown(`it came with cash: the book does not say what ${asset} was traded for`)
    : known(negate(money.amount));
}
