import { canonicalJson } from '../src/domain/canonical-json.ts';
import { type Amount, multiply } from '../src/domain/money/amount.ts';
import type { PriceUsed, Valuation } from '../src/domain/valuation/valuation.ts';

/**
 * A valuation's parts as one row keeps them: lists instead of objects, each venue and each price once, and no value,
 * since a value is the product of a quantity and a price. A row an asset would take three times the room.
 */
interface Body {
  readonly venues: readonly (readonly [venue: string, certifiedAtMs: number | null, isCertified: 0 | 1])[];
  readonly prices: readonly (readonly [price: string, source: string, ageMs: number])[];
  /** The places of the venue and of the price in the lists above; -1 without a price. */
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
  const prices: [string, string, number][] = [];
  const places = new Map<string, number>();
  const placeOf = (price: PriceUsed | null): number => {
    if (price === null) return -1;
    const key = `${price.price} ${price.atMs} ${price.source}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, prices.length);
    return prices.push([price.price, price.source, atMs - price.atMs]) - 1;
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
    prices,
  };
  return canonicalJson(body);
}

export function partsFromBody(text: string, atMs: number): Parts {
  const body = JSON.parse(text) as Body;
  const prices = body.prices.map(
    ([price, source, ageMs]): PriceUsed => ({ price: price as Amount, source, atMs: atMs - ageMs }),
  );
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
