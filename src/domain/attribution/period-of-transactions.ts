import type { ExternalAccount, Transaction } from '../book/transaction.ts';
import {
  type Amount,
  absolute,
  add,
  divide,
  isNegative,
  isPositive,
  isZero,
  minimum,
  multiply,
  negate,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type {
  AttributionPeriod,
  PeriodFlow,
  PeriodPayment,
  PeriodTrade,
  PeriodTransfer,
} from './attribution-period.ts';
import { flowOf } from './attribution-periods.ts';

/** What the parts of a transaction are valued and told apart by. */
export interface TransactionTerms {
  readonly groupOf: (asset: AssetId) => string;
  readonly isCash: (asset: AssetId) => boolean;
  /** In the period; null where nobody says one. */
  readonly priceOf: (asset: AssetId) => Amount | null;
  /** In the quote, at the decision of a fill; null where nobody decided at one. */
  readonly midOf: (venue: VenueId, fillId: string) => Amount | null;
  /** Whether the period begins right before this transaction. */
  readonly isAtOpening: boolean;
  /** -1 where a valuation knows it no more that the one before knew. */
  readonly sign: 1 | -1;
}

type Movements = Pick<AttributionPeriod, 'flows' | 'trades' | 'payments' | 'transfers'> & {
  /** Moved, and without a price: in no value. */
  readonly unpriced: readonly AssetId[];
};

interface Moved {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly amount: Amount;
}

const NO_STRATEGY = '';
const FEE_DECIMALS = 20;

/**
 * A transaction of the book as what it is in a period: a fill a trade, with its fee; a transfer between venues of one
 * group of assets a transfer, and what came from outside or went there a flow; funding, rewards and other fees payments.
 * What nobody explains and roundings are none of these: they stay in what the holdings have gained. Of no strategy.
 */
export function movementsOf(transaction: Transaction, terms: TransactionTerms): Movements {
  const moved = new MovedAmounts(transaction, terms.sign);
  const unpriced = new Set<AssetId>();
  const worthOf = (asset: AssetId, amount: Amount): Amount | null => {
    const price = terms.priceOf(asset);
    if (price === null) unpriced.add(asset);
    return price === null ? null : multiply(amount, price);
  };
  const trade = tradeOf(transaction, moved, terms, worthOf);
  const payments: PeriodPayment[] = [];
  for (const [account, kind] of PAYMENTS) {
    for (const [asset, amount] of moved.from(account)) {
      if (trade !== null && kind === 'fee' && asset === trade.fee.asset) continue;
      const valueUsd = worthOf(asset, amount);
      const cell = { strategy: NO_STRATEGY, venue: transaction.venue, asset: trade?.asset ?? asset };
      if (valueUsd !== null) payments.push({ ...cell, kind, paidIn: asset, valueUsd });
    }
  }
  const { transfers, flows } = crossings(moved, terms, worthOf);
  return { trades: trade === null ? [] : [trade], payments, transfers, flows, unpriced: [...unpriced] };
}

const PAYMENTS = [
  ['fee', 'fee'],
  ['funding', 'funding'],
  ['reward', 'reward'],
] as const;

type WorthOf = (asset: AssetId, amount: Amount) => Amount | null;

/** Two legs of which one came and one went. The base is what is no cash; of two of a kind, what was bought. */
function tradeOf(
  { venue, venueIds }: Transaction,
  moved: MovedAmounts,
  { isCash, midOf, priceOf }: TransactionTerms,
  worthOf: WorthOf,
): PeriodTrade | null {
  const [first, second, ...others] = moved.from('trade');
  if (first === undefined || second === undefined || others.length > 0) return null;
  if (isNegative(first[1]) === isNegative(second[1])) return null;
  const [bought, sold] = isNegative(first[1]) ? [second, first] : [first, second];
  const isBaseSold = isCash(bought[0]) && !isCash(sold[0]);
  const [base, quote] = isBaseSold ? [sold, bought] : [bought, sold];
  const quantity = absolute(base[1]);
  // Without a price the quote is in no value: what came or went for it is worth what the base is.
  const quoteUsd = worthOf(quote[0], absolute(quote[1])) ?? worthOf(base[0], quantity) ?? ZERO;
  const mid = isCash(quote[0]) && !isCash(base[0]) ? firstMid(venueIds, (id) => midOf(venue, id)) : null;
  const unitUsd = worthOf(quote[0], '1' as Amount);
  const [fee = [quote[0], ZERO] as const] = moved.from('fee');
  // What was bought and sold again between two valuations has a price by its trades alone.
  const feeUsd = (asset: AssetId, amount: Amount): Amount | null =>
    asset === base[0] && priceOf(asset) === null
      ? divide(multiply(amount, quoteUsd), quantity, FEE_DECIMALS, 'half')
      : worthOf(asset, amount);
  return {
    strategy: NO_STRATEGY,
    venue,
    asset: base[0],
    quote: quote[0],
    side: isBaseSold ? 'sell' : 'buy',
    quantity,
    quoteUsd,
    decisionMidUsd: mid === null || unitUsd === null ? null : multiply(mid, unitUsd),
    fee: { asset: fee[0], valueUsd: isZero(fee[1]) ? ZERO : feeUsd(fee[0], negate(fee[1])) },
  };
}

function firstMid(ids: readonly string[], midOf: (id: string) => Amount | null): Amount | null {
  for (const id of ids) {
    const mid = midOf(id);
    if (mid !== null) return mid;
  }
  return null;
}

/** What one group of assets lost in one place and got in another has moved; what is over came or went. */
function crossings(
  moved: MovedAmounts,
  { groupOf, isAtOpening }: TransactionTerms,
  worthOf: WorthOf,
): { readonly transfers: readonly PeriodTransfer[]; readonly flows: readonly PeriodFlow[] } {
  const transfers: PeriodTransfer[] = [];
  const flows: PeriodFlow[] = [];
  const external = new Set([...moved.from('transfer'), ...moved.from('opening')].map(([asset]) => asset));
  const rest = moved.unexplained();
  for (const group of new Set(rest.map(({ asset }) => groupOf(asset)))) {
    const ofGroup = rest.filter(({ asset }) => groupOf(asset) === group);
    const gone = ofGroup.filter(({ amount }) => isNegative(amount));
    const come = ofGroup.filter(({ amount }) => isPositive(amount));
    while (gone[0] !== undefined && come[0] !== undefined) {
      const [from, to] = [gone[0], come[0]];
      const amount = minimum(negate(from.amount), to.amount);
      const valueUsd = worthOf(from.asset, amount);
      if (valueUsd !== null) transfers.push({ from: cellOf(from), to: cellOf(to), valueUsd });
      reduce(gone, add(from.amount, amount));
      reduce(come, subtract(to.amount, amount));
    }
    for (const over of [...gone, ...come]) {
      const valueUsd = external.has(over.asset) ? worthOf(over.asset, over.amount) : null;
      if (valueUsd !== null) flows.push(flowOf(cellOf(over), valueUsd, isAtOpening));
    }
  }
  return { transfers, flows };
}

/** What is left of the first; gone where that is nothing. */
function reduce(list: Moved[], amount: Amount): void {
  const [first] = list;
  if (first === undefined || isZero(amount)) list.shift();
  else list[0] = { ...first, amount };
}

const cellOf = ({ venue, asset }: Moved) => ({ strategy: NO_STRATEGY, venue, asset });

/** What came to us with a transaction, by where from and by where to. */
class MovedAmounts {
  readonly #venue: VenueId;
  readonly #own = new Map<string, Moved>();
  readonly #external = new Map<ExternalAccount, Map<AssetId, Amount>>();

  constructor({ venue: home, postings }: Transaction, sign: 1 | -1) {
    this.#venue = home;
    for (const posting of postings) {
      const { asset } = posting;
      const amount = sign === 1 ? posting.amount : negate(posting.amount);
      if ('external' in posting) {
        const amounts = this.#external.get(posting.external) ?? new Map<AssetId, Amount>();
        this.#external.set(posting.external, amounts);
        amounts.set(asset, subtract(amounts.get(asset) ?? ZERO, amount));
      } else this.#add({ venue: posting.venue, asset, amount });
    }
  }

  /** From an account that is not ours; negative where it went there. None of nothing. */
  from(account: ExternalAccount): readonly (readonly [AssetId, Amount])[] {
    return [...(this.#external.get(account) ?? [])].filter(([, amount]) => !isZero(amount));
  }

  /** What is held more or less for no trade, fee, funding or reward, which are the transaction's own venue's. */
  unexplained(): readonly Moved[] {
    const rest = new Map(this.#own);
    for (const account of ['trade', 'fee', 'funding', 'reward'] as const)
      for (const [asset, amount] of this.from(account)) {
        const key = keyOf(this.#venue, asset);
        const held = rest.get(key)?.amount ?? ZERO;
        rest.set(key, { venue: this.#venue, asset, amount: subtract(held, amount) });
      }
    return [...rest.values()].filter(({ amount }) => !isZero(amount));
  }

  #add(moved: Moved): void {
    const key = keyOf(moved.venue, moved.asset);
    const held = this.#own.get(key)?.amount ?? ZERO;
    this.#own.set(key, { ...moved, amount: add(held, moved.amount) });
  }
}

const keyOf = (venue: VenueId, asset: AssetId): string => JSON.stringify([venue, asset]);
