import { generateKeyPairSync } from 'node:crypto';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  serveScript,
} from './scripted-server.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export const TEST_CREDENTIALS = {
  keyName: 'organizations/test/apiKeys/test',
  privateKey: pair.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
};
export const TEST_PUBLIC_KEY = pair.publicKey;

export const ACCOUNTS_PATH = '/api/v3/brokerage/accounts';
export const ORDERS_PATH = '/api/v3/brokerage/orders/historical/batch';
export const TIME_PATH = '/api/v3/brokerage/time';
export const FILLS_PATH = '/api/v3/brokerage/orders/historical/fills';

export const PERMISSIONS_PATH = '/api/v3/brokerage/key_permissions';

/** Of a key that reads and trades. */
export const PERMISSIONS = {
  can_view: true,
  can_trade: true,
  can_transfer: false,
  portfolio_uuid: 'portfolio-1',
  portfolio_type: 'DEFAULT',
};
export const EMPTY_ORDERS = { orders: [], sequence: '0', has_next: false, cursor: '' };
export const EMPTY_FILLS = { fills: [], cursor: '' };

/** A whole account as three documents; what the test scripts comes first. */
export async function serveAccount(
  documents: { readonly accounts: object; readonly orders?: object; readonly fills?: object },
  script: (request: ScriptedRequest) => ScriptedAnswer | null = () => null,
): Promise<ScriptedServer> {
  return serveScript((request) => {
    const scripted = script(request);
    if (scripted !== null) return scripted;
    if (request.path === ACCOUNTS_PATH) return { body: documents.accounts };
    if (request.path === ORDERS_PATH) return { body: documents.orders ?? EMPTY_ORDERS };
    if (request.path === FILLS_PATH) return { body: documents.fills ?? EMPTY_FILLS };
    if (request.path === PERMISSIONS_PATH) return { body: PERMISSIONS };
    return { status: 404, body: { error: 'NOT_FOUND' } };
  });
}

export function openTestAccount(
  baseUrl: string,
  overrides: {
    readonly portfolio?: string;
    readonly now?: () => number;
    readonly machineNow?: () => number;
  } = {},
): Exchange {
  return openCoinbaseExchange({
    venue: 'coinbase',
    baseUrl,
    credentials: TEST_CREDENTIALS,
    scope: overrides.portfolio === undefined ? {} : { portfolio: overrides.portfolio },
    now: overrides.now ?? Date.now,
    ...(overrides.machineNow && { machineNow: overrides.machineNow }),
  });
}
