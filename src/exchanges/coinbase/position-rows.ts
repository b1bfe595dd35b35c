import {
  type Amount,
  absolute,
  isNegative,
  isPositive,
  isZero,
  multiply,
  negate,
} from '../../domain/money/amount.ts';
import type { Position } from '../../domain/venue/venue.ts';
import { malformed } from './coinbase-trouble.ts';
import { amountAt, optionalAmountAt, type Row, rowAt, textAt } from './row-reader.ts';
import { isDerivative } from './spot-product.ts';

const MARKET = /^[A-Z0-9.-]{1,40}$/;

/**
 * A position of the US platform, in units of what the contract is about: contracts times the contract's size, which
 * the product tells where the row does not. Null where it is closed.
 */
export async function readCfmPosition(
  row: Row,
  place: string,
  readContract: (market: string) => Promise<Row>,
): Promise<Position | null> {
  const market = marketAt(row, 'product_id', place);
  const contracts = amountAt(row, 'number_of_contracts', place);
  if (isNegative(contracts))
    throw malformed(`${place}.number_of_contracts: expected no less than zero, found ${contracts}`);
  if (isZero(contracts)) return null;
  const side = sideAt(row, 'side', place);
  const contractSize =
    optionalAmountAt(row, 'contract_size', place) ??
    amountAt(await readContract(market), 'contract_size', `${market}.future_product_details`);
  if (!isPositive(contractSize))
    throw malformed(`${place}.contract_size: expected more than zero, found ${contractSize}`);
  const size = multiply(contracts, contractSize);
  return positionOf({ market, side, size, entryPrice: priceAt(row, 'avg_entry_price', place) });
}

/** A perpetual of the international platform. Its size may be signed or not: the side decides. Null where it is closed. */
export function readIntxPosition(row: Row, place: string): Position | null {
  const size = amountAt(row, 'net_size', place);
  if (isZero(size)) return null;
  const side = sideAt(row, 'position_side', place);
  if (side === 'long' && isNegative(size))
    throw malformed(`${place}.net_size: expected more than zero for a long position, found ${size}`);
  // The product's id is opaque in some answers, and the symbol lacks the platform in others.
  const market = ['symbol', 'product_id']
    .map((key) => row[key])
    .find((one): one is string => typeof one === 'string' && isDerivative(one));
  return positionOf({
    market: market === undefined ? marketAt(row, 'symbol', place) : marketAt({ market }, 'market', place),
    side,
    size: absolute(size),
    entryPrice: priceAt(row, 'entry_vwap', place),
  });
}

const positionOf = ({ size, ...rest }: Position): Position => ({
  ...rest,
  size: rest.side === 'short' ? negate(size) : size,
});

function marketAt(row: Row, key: string, place: string): string {
  const market = textAt(row, key, place);
  if (MARKET.test(market)) return market;
  throw malformed(
    `${place}.${key}: expected a product such as "BTC-PERP-INTX", found ${market.slice(0, 40)}`,
  );
}

function sideAt(row: Row, key: string, place: string): Position['side'] {
  const text = textAt(row, key, place);
  if (text.endsWith('LONG')) return 'long';
  if (text.endsWith('SHORT')) return 'short';
  throw malformed(`${place}.${key}: expected LONG or SHORT, found ${text.slice(0, 40)}`);
}

/** A price is a text in some answers and an amount of money in others. */
function priceAt(row: Row, key: string, place: string): Amount {
  const price =
    typeof row[key] === 'string'
      ? amountAt(row, key, place)
      : amountAt(rowAt(row[key], `${place}.${key}`), 'value', `${place}.${key}`);
  if (isPositive(price)) return price;
  throw malformed(`${place}.${key}: expected more than zero, found ${price}`);
}
