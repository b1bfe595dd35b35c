import type { StoredValuation, ValuationTotal } from '../../../db/valuation-repository.ts';
import type { PriceUsed, Valuation } from '../../domain/valuation/valuation.ts';

/** A valuation as programs read it: times in ISO 8601, amounts as decimal text, what is not known null. */
export const totalDocument = (total: ValuationTotal) => ({
  at: iso(total.atMs),
  tier: total.tier,
  origin: total.origin,
  valueUsd: total.valueUsd,
  isComplete: total.isComplete,
  beforeTransaction: total.beforeTransaction,
});

export const valuationDocument = (valuation: StoredValuation) => ({
  ...totalDocument(valuation),
  ...partsDocument(valuation),
});

const partsDocument = ({ venues, holdings, strategies }: Valuation) => ({
  venues: venues.map(({ venue, isCertified, certifiedAtMs }) => ({
    venue,
    isCertified,
    certifiedAt: certifiedAtMs === null ? null : iso(certifiedAtMs),
  })),
  holdings: holdings.map(({ venue, asset, quantity, price, valueUsd }) => ({
    venue,
    asset,
    quantity,
    valueUsd,
    ...priceDocument(price),
  })),
  strategies: strategies.map(({ strategy, asset, quantity, price, valueUsd }) => ({
    strategy,
    asset,
    quantity,
    valueUsd,
    ...priceDocument(price),
  })),
  unpriced: holdings.flatMap(({ venue, asset, quantity, price }) =>
    price === null ? [{ venue, asset, quantity }] : [],
  ),
});

const priceDocument = (price: PriceUsed | null) => ({
  price: price?.price ?? null,
  priceSource: price?.source ?? null,
  pricedAt: price === null ? null : iso(price.atMs),
});

const iso = (atMs: number): string => new Date(atMs).toISOString();
