import { createRequire } from 'node:module';
import { type RpcClientClass, wrapRpcClient } from './validator-requests.ts';

/** The part of axios that the SDK's REST clients expose, as far as it is set or read here. */
export interface AxiosInstance {
  readonly defaults: Record<string, unknown>;
  readonly interceptors: {
    readonly request: { use(change: (config: AxiosRequest) => AxiosRequest): unknown };
    readonly response: { use(change: (response: AxiosResponse) => AxiosResponse): unknown };
  };
}

export interface AxiosRequest {
  signal?: AbortSignal;
}

export interface AxiosResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly data: unknown;
}

interface RestClient {
  readonly axiosInstance: AxiosInstance;
}

export interface IndexerClient {
  readonly account: RestClient & {
    getSubaccounts(address: string, limit?: number): Promise<unknown>;
    getSubaccount(address: string, subaccountNumber: number): Promise<unknown>;
    getParentSubaccount(address: string, parentSubaccountNumber: number): Promise<unknown>;
    getOrder(orderId: string): Promise<unknown>;
    getSubaccountOrders(
      address: string,
      subaccountNumber: number,
      ticker?: string,
      tickerType?: string,
      side?: string,
      status?: string,
      type?: string,
      limit?: number,
      goodTilBlockBeforeOrAt?: number,
      goodTilBlockTimeBeforeOrAt?: string,
      returnLatestOrders?: boolean,
    ): Promise<unknown>;
    getParentSubaccountNumberOrders(
      address: string,
      parentSubaccountNumber: number,
      ticker?: string,
      side?: string,
      status?: string,
      type?: string,
      limit?: number,
      goodTilBlockBeforeOrAt?: number,
      goodTilBlockTimeBeforeOrAt?: string,
      returnLatestOrders?: boolean,
    ): Promise<unknown>;
    getSubaccountFills(
      address: string,
      subaccountNumber: number,
      ticker?: string,
      tickerType?: string,
      limit?: number,
      createdBeforeOrAtHeight?: number,
      createdBeforeOrAt?: string,
      page?: number,
    ): Promise<unknown>;
    getParentSubaccountNumberFills(
      address: string,
      parentSubaccountNumber: number,
      ticker?: string,
      tickerType?: string,
      limit?: number,
      createdBeforeOrAtHeight?: number,
      createdBeforeOrAt?: string,
      page?: number,
    ): Promise<unknown>;
    getSubaccountTransfers(
      address: string,
      subaccountNumber: number,
      limit?: number,
      createdBeforeOrAtHeight?: number,
      createdBeforeOrAt?: string,
      page?: number,
    ): Promise<unknown>;
    getSubaccountFundingPayments(
      address: string,
      subaccountNumber: number,
      limit?: number,
      ticker?: string,
      afterOrAt?: string,
      page?: number,
    ): Promise<unknown>;
  };
  readonly markets: RestClient & {
    getPerpetualMarkets(market?: string): Promise<unknown>;
    getPerpetualMarketOrderbook(market: string): Promise<unknown>;
  };
  readonly utility: RestClient & { getHeight(): Promise<unknown> };
}

/** A protobuf message before encoding, as cosmjs writes it. */
export interface EncodeObject {
  readonly typeUrl: string;
  readonly value: unknown;
}

/** The SDK's 64-bit integer; nothing is computed with it. */
declare const long: unique symbol;
export interface Long {
  readonly [long]: true;
  toString(): string;
}

interface ChainAccount {
  readonly accountNumber: number;
  readonly sequence: number;
}

export interface CompositeClient {
  sign(
    subaccount: SubaccountKey,
    messaging: () => Promise<EncodeObject[]>,
    zeroFee: boolean,
    gasPrice?: undefined,
    memo?: undefined,
    account?: () => Promise<ChainAccount>,
  ): Promise<Uint8Array>;
  /** Broadcasts with `broadcast_tx_sync`. */
  sendSignedTransaction(signedTransaction: Uint8Array): Promise<{ readonly code?: number }>;
  readonly validatorClient: {
    readonly get: {
      /** Those of an account, decoded from protobuf. */
      getAuthenticators(address: string): Promise<{
        readonly accountAuthenticators: readonly {
          readonly id: Long;
          readonly type: string;
          readonly config: Uint8Array;
        }[];
      }>;
    };
    readonly post: {
      account(address: string, orderFlags?: number): Promise<ChainAccount>;
      readonly composer: {
        composeMsgPlaceOrder(
          address: string,
          subaccountNumber: number,
          clientId: number,
          clobPairId: number,
          orderFlags: number,
          goodTilBlock: number,
          goodTilBlockTime: number,
          side: number,
          quantums: Long,
          subticks: Long,
          timeInForce: number,
          reduceOnly: boolean,
          clientMetadata: number,
        ): EncodeObject;
        composeMsgCancelOrder(
          address: string,
          subaccountNumber: number,
          clientId: number,
          clobPairId: number,
          orderFlags: number,
          goodTilBlock: number,
          goodTilBlockTime: number,
        ): EncodeObject;
      };
    };
  };
}

interface Wallet {
  readonly address?: string;
  /** Base 64 of the compressed key. */
  readonly pubKey?: { readonly value: string };
}

declare const subaccountKey: unique symbol;
/** A wallet and the subaccount that it signs for. */
export interface SubaccountKey {
  readonly [subaccountKey]: true;
}

export interface DydxSdk {
  readonly IndexerConfig: new (restEndpoint: string, websocketEndpoint: string) => object;
  readonly ValidatorConfig: new (restEndpoint: string, chainId: string, denoms: object) => object;
  readonly Network: new (environment: string, indexer: object, validator: object) => object;
  readonly IndexerClient: new (config: object) => IndexerClient;
  readonly CompositeClient: { connect(network: object): Promise<CompositeClient> };
  readonly LocalWallet: {
    fromMnemonic(mnemonic: string, prefix: string): Promise<Wallet>;
    fromPrivateKey(privateKeyHex: string, prefix: string): Promise<Wallet>;
  };
  readonly SubaccountInfo: {
    forLocalWallet(wallet: Wallet, subaccountNumber: number): SubaccountKey;
    /** Signs for another account, one authenticator a message. */
    forPermissionedWallet(
      wallet: Wallet,
      accountAddress: string,
      subaccountNumber: number,
      authenticators: readonly Long[],
    ): SubaccountKey;
  };
}

export interface LoadedDydxSdk {
  readonly sdk: DydxSdk;
  /** Exact decimal digits as the SDK's unsigned 64-bit integer. */
  toUnsignedLong(digits: string): Long;
}

const PACKAGE = '@dydxprotocol/v4-client-js';
/** The SDK's own dependency, which sends what it asks of a validator. */
const RPC_PACKAGE = '@cosmjs/tendermint-rpc';

/**
 * Loads the dYdX client, an optional dependency, the first time a dYdX venue is opened.
 *
 * It is required, not imported: its ESM build does not resolve. Only what is used here is typed, so that nobody who
 * has no dYdX venue needs the package. Fails with what to install, and under which licence, where it is missing, and
 * where its requests to a validator cannot be bounded.
 */
export function loadDydxSdk(require: NodeJS.Require = createRequire(import.meta.url)): LoadedDydxSdk {
  let path: string;
  try {
    path = require.resolve(PACKAGE);
  } catch (cause) {
    throw new Error(
      `a dYdX venue needs the package ${PACKAGE}, which is not installed: run "npm install ${PACKAGE}@3.6.0". ` +
        'It is licensed under AGPL-3.0; read that licence before you ship it.',
      { cause },
    );
  }
  const fromClient = createRequire(path);
  // `long` is the SDK's own dependency: messages must be built with the class that its encoder knows.
  const LongClass = fromClient('long') as { fromString(digits: string, unsigned: boolean): Long };
  wrapRpcClient(rpcClientClass(fromClient(RPC_PACKAGE)));
  return {
    sdk: require(PACKAGE) as DydxSdk,
    toUnsignedLong: (digits) => LongClass.fromString(digits, true),
  };
}

/** Nothing is sent by a client whose requests cannot be bounded. */
function rpcClientClass(loaded: { readonly HttpClient?: RpcClientClass }): RpcClientClass {
  const { HttpClient } = loaded;
  if (typeof HttpClient?.prototype?.execute === 'function') return HttpClient;
  throw new Error(`${RPC_PACKAGE}: expected a class HttpClient with a method execute, found none`);
}
