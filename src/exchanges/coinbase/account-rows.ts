import { type Amount, add, isZero, ZERO } from '../../domain/money/amount.ts';
import type { Balance } from '../../domain/venue/venue.ts';
import { malformed } from './coinbase-trouble.ts';
import { amountAt, optionalTextAt, type Row, rowAt, textAt, unsignedAmountAt } from './row-reader.ts';
import type { FuturesPlatform } from './spot-product.ts';

export interface CoinbaseAccount {
  readonly uuid: string;
  readonly currency: string;
  readonly available: Amount;
  readonly hold: Amount;
  readonly portfolio: string | null;
  readonly updatedAt: string | null;
  /** What its money is for: spot orders, nothing for now, or margin of a futures platform. */
  readonly purpose: 'spot' | 'vault' | FuturesPlatform;
  readonly isDeleted: boolean;
}

export function readAccount(row: Row, place: string): CoinbaseAccount {
  const currency = textAt(row, 'currency', place);
  return {
    uuid: textAt(row, 'uuid', place),
    currency,
    available: moneyOf(row.available_balance, currency, {
      place: `${place}.available_balance`,
      read: amountAt,
    }),
    // The venue leaves the object out of accounts that never held anything back.
    hold: moneyOf(row.hold, currency, { place: `${place}.hold`, read: unsignedAmountAt }),
    portfolio: optionalTextAt(row, 'retail_portfolio_id', place),
    updatedAt: optionalTextAt(row, 'updated_at', place),
    purpose: purposeOf(row, place),
    isDeleted: optionalTextAt(row, 'deleted_at', place) !== null,
  };
}

/** Spot holdings by currency: wallets of one currency are summed, empty deleted ones left out, zeros kept. */
export function balancesOf(accounts: readonly CoinbaseAccount[]): readonly Balance[] {
  const byCurrency = new Map<string, { available: Amount; hold: Amount }>();
  for (const account of accounts) {
    if (account.purpose !== 'spot') continue;
    if (account.isDeleted && isZero(account.available) && isZero(account.hold)) continue;
    const sum = byCurrency.get(account.currency) ?? { available: ZERO, hold: ZERO };
    byCurrency.set(account.currency, {
      available: add(sum.available, account.available),
      hold: add(sum.hold, account.hold),
    });
  }
  return [...byCurrency]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, { available, hold }]) => ({
      asset,
      symbol: asset,
      total: add(available, hold),
      available,
      hold,
    }));
}

/**
 * Spot is what spot orders draw on. Vaults and perpetual margin are apart, and so is everything on the international
 * platform. On the US derivatives platform only the cash is margin: the venue's own sandbox marks an ordinary
 * ETH wallet with that platform and counts it.
 */
function purposeOf(row: Row, place: string): CoinbaseAccount['purpose'] {
  const type = (optionalTextAt(row, 'type', place) ?? '').replace(/^ACCOUNT_TYPE_/, '');
  const platform = (optionalTextAt(row, 'platform', place) ?? '').replace(/^ACCOUNT_PLATFORM_/, '');
  if (type === 'VAULT') return 'vault';
  if (type === 'PERP_FUTURES' || platform === 'INTX') return 'intx';
  return platform === 'CFM_CONSUMER' && type === 'FIAT' ? 'cfm' : 'spot';
}

function moneyOf(
  value: unknown,
  currency: string,
  { place, read }: { readonly place: string; readonly read: typeof amountAt },
): Amount {
  const row = rowAt(value, place);
  const stated = optionalTextAt(row, 'currency', place);
  if (stated !== null && stated !== currency)
    throw malformed(`${place}.currency: expected ${currency}, found ${stated}`);
  return read(row, 'value', place);
}
