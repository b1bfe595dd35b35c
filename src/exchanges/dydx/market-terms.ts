import {
  type Amount,
  add,
  divide,
  isLess,
  isMore,
  isPositive,
  minimum,
  multiply,
  ONE,
  subtract,
} from '../../domain/money/amount.ts';
import { type PerpetualTerms, unknownTerms } from '../../domain/venue/perpetual-terms.ts';

/** What the indexer says of a market's margins. Absent or null where it does not. */
export interface MarketMargins {
  readonly initialMarginFraction: Amount;
  readonly maintenanceMarginFraction?: Amount | null | undefined;
  /** Contracts. */
  readonly openInterest?: Amount | null | undefined;
  /** Dollars of open interest; from the lower one on initial margin grows, at the upper one it is the whole notional. */
  readonly openInterestLowerCap?: Amount | null | undefined;
  readonly openInterestUpperCap?: Amount | null | undefined;
  readonly oraclePrice?: Amount | null | undefined;
}

/** The epoch `funding-tick` of x/epochs: 3 600 s long, from 1970 on. */
const HOUR_MS = 3_600_000;

/**
 * The chain clamps the funding rate of eight hours at `funding_rate_clamp_factor_ppm` of initial less maintenance margin
 * (`GetMaxAbsFundingClampPpm` in x/perpetuals/types/liquidity_tier.go of dydxprotocol/v4-chain; the parameter is
 * 6 000 000 of a million), the default funding of a market included, and takes an eighth of it every hour: 6 / 8.
 */
const HOURLY_CLAMP = '0.75' as Amount;

/** A share of open interest is given to this many places, against us. */
const SCALE_DECIMALS = 12;

/**
 * Margins and the worst funding of a market. Initial margin is what counts at present: above the lower cap of open
 * interest it grows to the whole notional (`GetInitialMarginQuoteQuantums`, same file); funding goes by the base one.
 */
export function dydxTerms(row: MarketMargins): PerpetualTerms {
  const { initialMarginFraction: base, maintenanceMarginFraction: maintenance } = row;
  if (maintenance === undefined || maintenance === null)
    return unknownTerms('the venue gives no maintenance margin');
  if (!isPositive(base) || isMore(base, ONE))
    return unknownTerms(`the venue gives an initial margin of ${base}, which is no fraction above zero`);
  if (isMore(maintenance, base))
    return unknownTerms(
      `the venue gives a maintenance margin of ${maintenance}, above the initial one of ${base}`,
    );
  const initial = scaledMargin(base, row);
  if (initial === null) return unknownTerms('the venue gives no open interest to tell the initial margin by');
  return {
    state: 'known',
    initialMarginRate: initial,
    maintenanceMarginRate: maintenance,
    funding: { intervalMs: HOUR_MS, rateMax: multiply(subtract(base, maintenance), HOURLY_CLAMP) },
  };
}

/** Null where the venue scales it and does not tell by what. A cap of zero, or none, scales nothing. */
function scaledMargin(base: Amount, row: MarketMargins): Amount | null {
  const { openInterest, oraclePrice, openInterestLowerCap: lower, openInterestUpperCap: upper } = row;
  if (upper === undefined || upper === null || !isPositive(upper)) return base;
  if (openInterest === undefined || openInterest === null) return null;
  if (oraclePrice === undefined || oraclePrice === null || lower === undefined || lower === null) return null;
  const open = multiply(openInterest, oraclePrice);
  if (!isLess(open, upper)) return ONE;
  if (!isMore(open, lower)) return base;
  const share = divide(subtract(open, lower), subtract(upper, lower), SCALE_DECIMALS, 'up');
  return minimum(ONE, add(base, multiply(share, subtract(ONE, base))));
}
