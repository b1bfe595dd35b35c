import { openDydxExchange } from '../../src/exchanges/dydx/dydx-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  serveScript,
} from './scripted-server.ts';

/** The public test account of the dYdX client's own examples. */
export const TEST_ADDRESS = 'dydx14zzueazeh0hj67cghhf9jypslcf9sh2n5k6art';
export const TEST_MNEMONIC =
  'mirror actor skill push coach wait confirm orchard lunch mobile athlete gossip awake miracle matter bus reopen team ladder lazy list timber render wait';

/** The key that the words above lead to: opening with it saves deriving it, which is slow in the tests' virtual machine. */
export const TEST_PRIVATE_KEY = 'e92a6595c934c991d3b3e987ea9b3125bf61a076deab3a9cb519787b7b3e8d77';

/** Of a wallet that is nobody's, for a key that the test account lets trade. */
export const TRADING_PRIVATE_KEY = 'c0ffee'.padEnd(64, '5eed');
/** Of another such wallet, which nobody lets do anything. */
export const OTHER_PRIVATE_KEY = '11'.repeat(32);

/** A validator's RPC has no paths. */
export const CHAIN_PATH = '/';
export const HEIGHT_PATH = '/v4/height';
export const ORDERS_PATH = '/v4/orders';
export const FILLS_PATH = '/v4/fills';
export const subaccountPath = (address: string, number: number): string =>
  `/v4/addresses/${address}/subaccountNumber/${number}`;

export const parentPath = (address: string, parent: number): string =>
  `/v4/addresses/${address}/parentSubaccountNumber/${parent}`;

/** The body of a parent with the subaccounts that are given. */
export const parentBody = (address: string, parent: number, children: readonly object[]): object => ({
  subaccount: { address, parentSubaccountNumber: parent, childSubaccounts: children },
});

/** What a validator answers when it is asked how far the chain has come. */
export const statusBody = (height: number, time = '2026-03-01T10:00:00.000000000Z'): object => ({
  jsonrpc: '2.0',
  id: 1,
  result: { sync_info: { latest_block_height: String(height), latest_block_time: time, catching_up: false } },
});

export interface DydxDocuments {
  /** Bodies of the subaccount endpoint by number; those of their parents are made of them. */
  readonly subaccounts: Readonly<Record<number, object>>;
  /** False for a server of before isolated margin, which has no endpoint of parents. */
  readonly hasParents?: boolean;
  /** Where the chain stands; without it there is no validator. */
  readonly chainHeight?: number;
  readonly orders?: readonly object[];
  readonly fills?: object;
  readonly height?: object;
  /** Bodies of other paths. */
  readonly others?: Readonly<Record<string, object>>;
}

/** A recorded account, served whatever is asked for with a path; what the test scripts comes first. */
export async function serveDydxAccount(
  address: string,
  documents: DydxDocuments,
  script: (request: ScriptedRequest) => ScriptedAnswer | null = () => null,
): Promise<ScriptedServer> {
  const bodies = new Map<string, object>([
    [HEIGHT_PATH, documents.height ?? { height: '1', time: '2024-01-01T00:00:00.000Z' }],
    [ORDERS_PATH, documents.orders ?? []],
    [FILLS_PATH, documents.fills ?? { fills: [] }],
  ]);
  const families = new Map<number, object[]>();
  for (const [number, body] of Object.entries(documents.subaccounts)) {
    bodies.set(subaccountPath(address, Number(number)), body);
    const parent = Number(number) % 128;
    const { subaccount } = body as { readonly subaccount: object };
    families.set(parent, [...(families.get(parent) ?? []), subaccount]);
  }
  for (const [parent, children] of documents.hasParents === false ? [] : families)
    bodies.set(parentPath(address, parent), parentBody(address, parent, children));
  for (const [path, body] of Object.entries(documents.others ?? {})) bodies.set(path, body);
  if (documents.chainHeight !== undefined) bodies.set(CHAIN_PATH, statusBody(documents.chainHeight));
  return serveScript((request) => {
    const scripted = script(request);
    if (scripted !== null) return scripted;
    const body = bodies.get(request.path);
    return body === undefined
      ? { status: 404, body: { errors: [{ msg: `there is no ${request.path}` }] } }
      : { body };
  });
}

export function openTestDydx(
  indexerUrl: string,
  overrides: Partial<Parameters<typeof openDydxExchange>[0]> = {},
): Promise<Exchange> {
  return openDydxExchange({
    venue: 'dydx',
    indexerUrl,
    validatorUrl: indexerUrl,
    credentials: null,
    scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
    now: Date.now,
    ...overrides,
  });
}
