import { incomplete, malformed, trouble } from './coinbase-trouble.ts';
import { listAt, optionalFlagAt, optionalTextAt, type Row, rowAt, textAt } from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';

export interface Portfolio {
  readonly id: string;
  /** "DEFAULT", "CONSUMER", "INTX": the last one holds perpetuals. */
  readonly type: string;
}

export interface KeyPermissions {
  readonly canTrade: boolean;
  /** Whether the key can move funds out of its portfolio. */
  readonly canTransfer: boolean;
  /** The one portfolio that the key is for. */
  readonly portfolio: string | null;
}

/** The user's portfolios without deleted ones; the venue gives them on one page. Throws `CoinbaseTrouble`. */
export async function readPortfolios(
  requests: SignedRequests,
  signal: AbortSignal,
): Promise<readonly Portfolio[]> {
  const path = '/api/v3/brokerage/portfolios';
  const { document } = await requests.read({ method: 'GET', path }, signal);
  const page = rowAt(document, `GET ${path}`);
  const portfolios: Portfolio[] = [];
  listAt(page.portfolios, `GET ${path} portfolios`).forEach((value, index) => {
    const place = `portfolios[${index}]`;
    const row = rowAt(value, place);
    const id = textAt(row, 'uuid', place);
    if (portfolios.some((one) => one.id === id)) throw incomplete(`GET ${path}: the row ${id} came twice`);
    if (optionalFlagAt(row, 'deleted', place) !== true)
      portfolios.push({ id, type: textAt(row, 'type', place) });
  });
  return portfolios;
}

/** What the key may do, by the venue's own words: a right that it does not name is not known. Throws `CoinbaseTrouble`. */
export async function readKeyPermissions(
  requests: SignedRequests,
  signal: AbortSignal,
): Promise<KeyPermissions> {
  const path = '/api/v3/brokerage/key_permissions';
  const place = `GET ${path}`;
  const { document } = await requests.read({ method: 'GET', path }, signal);
  const row = rowAt(document, place);
  return {
    canTrade: flagAt(row, 'can_trade', place),
    canTransfer: flagAt(row, 'can_transfer', place),
    portfolio: optionalTextAt(row, 'portfolio_uuid', place),
  };
}

/** No account names the portfolio where there is no account: then the key's own word is the proof. Throws `wrongScope`. */
export async function proveKeyOf(
  portfolio: string,
  requests: SignedRequests,
  signal: AbortSignal,
): Promise<void> {
  const { portfolio: found } = await readKeyPermissions(requests, signal);
  if (found === portfolio) return;
  throw trouble('wrongScope', `expected a key of portfolio ${portfolio}, found one of ${found ?? 'none'}`);
}

function flagAt(row: Row, key: string, place: string): boolean {
  const flag = optionalFlagAt(row, key, place);
  if (flag === null) throw malformed(`${place}.${key}: expected true or false, found nothing`);
  return flag;
}
