import { canonicalJson } from '../src/domain/canonical-json.ts';
import { type Amount, multiply } from '../src/domain/money/amount.ts';
import type { PriceUsed, Valuation } from '../src/domain/valuation/valuation.ts';

/**
 * A valuation's parts as one row keeps them: lists instead of objects; each venue, each price and what prices have in
 * common once; and no value, since a value is the product of a quantity and a price. `npm run bench:valuations` compares
 * it with a row a holding.
 */
interface Body {
  readonly venues: readonly (readonly [venue: string, certifiedAtMs: number | null, isCertified: 0 | 1])[];
  /** The first word of a price's source, such as a venue, and how old what it said was. */
  readonly readings: readonly (readonly [source: string, ageMs: number])[];
  /** The place of the reading above, and the rest of the source, such as a market. */
  readonly prices: readonly (readonly [price: string, reading: number, rest: string])[];
  /** The places of the venue and of the price above; -1 without a price. */
  readonly holdings: readonly (readonly [venue: number, asset: string, quantity: string, price: number])[];
  readonly strategies: readonly (readonly [
    strategy: string,
    asset: string,
    quantity: string,
    price: number,
  ])[];
}

type Parts = Pick<Valuation, 'venues' | 'holdings' | 'strategies'>;

export function valuationBody({ atMs, venues, holdings, strategies }: Valuation): string {
  const readings = new Places<readonly [string, number]>();
  const prices = new Places<readonly [string, number, string]>();
  const placeOf = (used: PriceUsed | null): number => {
    if (used === null) return -1;
    const [source = '', ...rest] = used.source.split(' ');
    const reading = readings.of([source, atMs - used.atMs]);
    return prices.of([used.price, reading, rest.join(' ')]);
  };
  const body: Body = {
    venues: venues.map(({ venue, certifiedAtMs, isCertified }) => [
      venue,
      certifiedAtMs,
      isCertified ? 1 : 0,
    ]),
    holdings: holdings.map(({ venue, asset, quantity, price }) => [
      venues.findIndex((each) => each.venue === venue),
      asset,
      quantity,
      placeOf(price),
    ]),
    strategies: strategies.map(({ strategy, asset, quantity, price }) => [
      strategy,
      asset,
      quantity,
      placeOf(price),
    ]),
    readings: readings.all,
    prices: prices.all,
  };
  return canonicalJson(body);
}

export function partsFromBody(text: string, atMs: number): Parts {
  const body = JSON.parse(text) as Body;
  const prices = body.prices.map(([price, reading, rest]): PriceUsed => {
    const [source = '', ageMs = 0] = body.readings[reading] ?? [];
    return {
      price: price as Amount,
      source: rest === '' ? source : `${source} ${rest}`,
      atMs: atMs - ageMs,
    };
  });
  const valued = (quantity: string, place: number) => {
    const price = prices[place] ?? null;
    return {
      quantity: quantity as Amount,
      price,
      valueUsd: price === null ? null : multiply(quantity as Amount, price.price),
    };
  };
  return {
    venues: body.venues.map(([venue, certifiedAtMs, isCertified]) => ({
      venue,
      certifiedAtMs,
      isCertified: isCertified === 1,
    })),
    holdings: body.holdings.map(([venue, asset, quantity, place]) => ({
      venue: body.venues[venue]?.[0] ?? '',
      asset,
      ...valued(quantity, place),
    })),
    strategies: body.strategies.map(([strategy, asset, quantity, place]) => ({
      strategy,
      asset,
      ...valued(quantity, place),
    })),
  };
}

/** A list in which each member stands once. */
class Places<T extends readonly unknown[]> {
  readonly all: T[] = [];
  readonly #places = new Map<string, number>();

  of(member: T): number {
    const key = JSON.stringify(member);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.all.length);
    return this.all.push(member) - 1;
  }
}
