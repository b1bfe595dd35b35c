// Orders to the chain through the SDK's composite client.
//
// The client's own order methods are not used: they take sizes and prices as floats, round them in silence, print to
// standard output, and leave a rejected promise to nobody when a market cannot be read. Here the message is composed
// from exact integers, signed by the client, and broadcast by it with `broadcast_tx_sync`.

import { assert } from '../../domain/assert.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { RequestClass } from '../../resilience/token-bucket.ts';
import type { Pace } from '../pace.ts';
import { ABORTED, abortable } from './abortable.ts';
import type { StoredAuthenticator } from './authenticator-tree.ts';
import type { DydxScope } from './dydx-scope.ts';
import type { CompositeClient, EncodeObject, LoadedDydxSdk, SubaccountKey } from './dydx-sdk.ts';
import type { Signer } from './dydx-signer.ts';
import { type OrderPayload, SHORT_TERM } from './order-payload.ts';
import { askThrough, RequestFailed, type ValidatorCall } from './validator-requests.ts';

/** What became of a broadcast. */
export type Broadcast =
  | { readonly state: 'accepted' }
  /** The chain's check refused it, with its code and its words. */
  | { readonly state: 'refused'; readonly codespace: string; readonly code: number; readonly log: string }
  /** This configuration cannot sign for the account. */
  | { readonly state: 'cannotSign'; readonly reason: string }
  /** Not sent, or sent without a readable answer. */
  | { readonly state: 'unknown'; readonly wasSent: boolean; readonly detail: string };

/** What a transaction of the account is signed with. */
export interface ChainAccount {
  readonly state: 'read';
  readonly number: number;
  /** Of the next transaction that the chain takes. */
  readonly sequence: number;
}

/** What the account lets other keys sign. */
export interface ChainAuthenticators {
  readonly state: 'read';
  readonly authenticators: readonly StoredAuthenticator[];
}

export interface DydxChain {
  /** `trade` where an order is prepared with it. */
  account(signal: AbortSignal, requestClass?: RequestClass): Promise<ChainAccount | Unknown>;
  authenticators(signal: AbortSignal): Promise<ChainAuthenticators | Unknown>;
  place(order: OrderPayload, signal: AbortSignal): Promise<Broadcast>;
  cancel(order: OrderPayload, signal: AbortSignal): Promise<Broadcast>;
}

export const DYDX_MAINNET = 'dydx-mainnet-1';
const DENOMS = {
  CHAINTOKEN_DENOM: 'adydx',
  CHAINTOKEN_DECIMALS: 18,
  USDC_DENOM: 'ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5',
  USDC_GAS_DENOM: 'uusdc',
  USDC_DECIMALS: 6,
};
/** Values of the chain's enumerations. */
const SIDE = { buy: 1, sell: 2 } as const;
const TIME_IN_FORCE_UNSPECIFIED = 0;
const TIME_IN_FORCE_IOC = 1;
const CLIENT_METADATA_LIMIT = 0;
/** How cosmjs words a code other than 0, such as 22 for an account that the chain has not. */
const QUERY_REFUSED = /^Query failed with \(\d+\)/;

export function openDydxChain(options: {
  readonly loaded: LoadedDydxSdk;
  readonly indexerUrl: string;
  readonly validatorUrl: string;
  readonly chainId: string;
  /** Null without credentials. */
  readonly signer: Signer | null;
  readonly scope: DydxScope;
  readonly pace: Pace;
  readonly now: () => number;
}): DydxChain {
  const { loaded, scope, signer, validatorUrl, pace, now } = options;
  const { sdk } = loaded;
  let connection: CompositeClient | null = null;

  async function broadcast(
    order: OrderPayload,
    compose: (client: CompositeClient) => EncodeObject,
    by: {
      readonly requestClass: RequestClass;
      readonly signal: AbortSignal;
      readonly pinned?: OrderPayload['account'];
    },
  ): Promise<Broadcast> {
    const { requestClass, signal, pinned } = by;
    const call: ValidatorCall = { validatorUrl, pace, now, requestClass, signal };
    assert(order.address === scope.address, 'an order is of the address that this venue is');
    if (signer === null) return { state: 'cannotSign', reason: 'no credentials are configured for orders' };
    const opened = await signer();
    if (typeof opened === 'string') return { state: 'cannotSign', reason: opened };
    const { key } = opened;

    let signed: readonly [CompositeClient, Uint8Array] | typeof ABORTED;
    try {
      const signing = askThrough(call, () => sign(key, order, compose, pinned));
      signed = await abortable(signing, signal);
    } catch (error) {
      return { state: 'unknown', wasSent: false, detail: `nothing was sent: ${messageOf(error)}` };
    }
    if (signed === ABORTED) {
      return { state: 'unknown', wasSent: false, detail: 'nothing was sent before the deadline' };
    }
    const [client, transaction] = signed;
    try {
      await askThrough(call, () => client.sendSignedTransaction(transaction));
      return { state: 'accepted' };
    } catch (error) {
      // Whatever else is thrown is the client's word on an answer, so that there was one.
      const wasSent = !(error instanceof RequestFailed) || error.wasSent;
      const detail = `${wasSent ? 'it was sent' : 'nothing was sent'}: ${messageOf(error)}`;
      return refusalOf(error) ?? { state: 'unknown', wasSent, detail };
    }
  }

  async function sign(
    key: SubaccountKey,
    order: OrderPayload,
    compose: (client: CompositeClient) => EncodeObject,
    pinned: OrderPayload['account'],
  ): Promise<readonly [CompositeClient, Uint8Array]> {
    const client = await connected();
    // The chain does not check the sequence of a short-term order, so the account is read once for all of them. A
    // cancel of a long-term order is another transaction, with the sequence that is next.
    const account = async () =>
      pinned === undefined
        ? client.validatorClient.post.account(order.address, order.orderFlags)
        : { accountNumber: pinned.number, sequence: pinned.sequence };
    const message = compose(client);
    return [client, await client.sign(key, async () => [message], true, undefined, undefined, account)];
  }

  /** Calls that find no connection make one each, for an abort of one must not take another's along. */
  async function connected(): Promise<CompositeClient> {
    if (connection !== null) return connection;
    const indexer = new sdk.IndexerConfig(options.indexerUrl, options.indexerUrl.replace(/^http/, 'ws'));
    const validator = new sdk.ValidatorConfig(validatorUrl, options.chainId, DENOMS);
    connection = await sdk.CompositeClient.connect(new sdk.Network('trueup', indexer, validator));
    return connection;
  }

  async function read<T>(
    signal: AbortSignal,
    ask: (client: CompositeClient['validatorClient']) => Promise<T>,
    requestClass: RequestClass = 'reconcile',
  ): Promise<T | Unknown> {
    const call: ValidatorCall = { validatorUrl, pace, now, requestClass, signal };
    try {
      return await askThrough(call, async () => ask((await connected()).validatorClient));
    } catch (error) {
      if (error instanceof RequestFailed) return error.outcome;
      // The validator answered: with the application's refusal, or with what the client makes nothing of.
      const message = messageOf(error);
      return unknown(QUERY_REFUSED.test(message) ? 'refused' : 'malformed', `RPC abci_query: ${message}`);
    }
  }

  return {
    account: (signal, requestClass) =>
      read(
        signal,
        async ({ post }): Promise<ChainAccount> => {
          const { accountNumber, sequence } = await post.account(scope.address);
          return { state: 'read', number: accountNumber, sequence };
        },
        requestClass,
      ),
    authenticators: (signal) =>
      read(signal, async ({ get }): Promise<ChainAuthenticators> => {
        const { accountAuthenticators } = await get.getAuthenticators(scope.address);
        const authenticators = accountAuthenticators.map((one) => ({ ...one, id: one.id.toString() }));
        return { state: 'read', authenticators };
      }),
    place: (order, signal) =>
      broadcast(
        order,
        (client) =>
          client.validatorClient.post.composer.composeMsgPlaceOrder(
            order.address,
            order.subaccountNumber,
            order.clientId,
            order.clobPairId,
            order.orderFlags,
            order.goodTilBlock,
            order.goodTilBlockTime,
            SIDE[order.side],
            loaded.toUnsignedLong(order.quantums),
            loaded.toUnsignedLong(order.subticks),
            order.orderFlags === SHORT_TERM ? TIME_IN_FORCE_IOC : TIME_IN_FORCE_UNSPECIFIED,
            order.reduceOnly,
            CLIENT_METADATA_LIMIT,
          ),
        { requestClass: 'trade', signal, pinned: order.account },
      ),
    cancel: (order, signal) =>
      broadcast(
        order,
        (client) =>
          client.validatorClient.post.composer.composeMsgCancelOrder(
            order.address,
            order.subaccountNumber,
            order.clientId,
            order.clobPairId,
            order.orderFlags,
            order.goodTilBlock,
            order.goodTilBlockTime,
          ),
        { requestClass: 'cancel', signal },
      ),
  };
}

function refusalOf(error: unknown): Broadcast | null {
  const { name, code, codespace, result } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    codespace?: unknown;
    result?: { log?: unknown };
  };
  if (name !== 'BroadcastError' || typeof code !== 'number') return null;
  return {
    state: 'refused',
    codespace: typeof codespace === 'string' ? codespace : '',
    code,
    log: String(result?.log ?? '').slice(0, 300),
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : 'the request failed').slice(0, 300);
}
