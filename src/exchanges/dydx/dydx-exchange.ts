import { assert } from '../../domain/assert.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { Exchange } from '../exchange.ts';
import { type Pace, UNPACED } from '../pace.ts';
import { createSpentSequences } from './absence-proof.ts';
import { openChainState } from './chain-state.ts';
import { DYDX_MAINNET, openDydxChain } from './dydx-chain.ts';
import { openDydxIndexer } from './dydx-indexer.ts';
import { dydxScope } from './dydx-scope.ts';
import { loadDydxSdk } from './dydx-sdk.ts';
import { signerOf } from './dydx-signer.ts';
import { findDydxOrder, type OrderLookups } from './find-order.ts';
import { createHeightMark } from './height-mark.ts';
import { type DydxReads, observeDydx } from './observe-dydx.ts';
import { prepareDydxOrder } from './prepare-order.ts';
import { readDydxActivity } from './read-activity.ts';
import { readDydxKeyRights } from './read-key-rights.ts';
import { readDydxMarkets } from './read-markets.ts';
import { createParentsMark } from './read-subaccounts.ts';
import { cancelDydxOrder, createAttempts, submitDydxOrder } from './submit-order.ts';
import { openValidator } from './validator-status.ts';

const AUTHENTICATOR_ID = /^(?:0|[1-9]\d{0,19})$/;
const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/** One of the two: custody of the account, unless it is another wallet's that an authenticator lets sign for it. */
export interface DydxCredentials {
  readonly mnemonic?: string;
  /** 32 bytes in hex. */
  readonly privateKey?: string;
  /** Of the account, on the chain; 64 bits in decimal digits. With it, the key is a permissioned one. */
  readonly authenticatorId?: string;
}

export interface DydxExchangeOptions {
  readonly venue: VenueId;
  readonly indexerUrl: string;
  /** Takes orders, and tells reads how far the chain has come. */
  readonly validatorUrl: string;
  /** Needed for orders only; without it every order is denied. */
  readonly credentials: DydxCredentials | null;
  /**
   * Subaccounts are consolidated, parents (0 to 127) with every child that the venue has of them; orders are placed from
   * the lowest.
   */
  readonly scope: { readonly address: string; readonly subaccountNumbers: readonly number[] };
  /**
   * Funding that the chain has not settled: part of the collateral, as the indexer has it, or apart from it, for which
   * the validator is asked with every read. Included unless said otherwise.
   */
  readonly unsettledFunding?: 'included' | 'apart';
  /** `dydx-mainnet-1` unless said otherwise. */
  readonly chainId?: string;
  readonly now: () => number;
  /** Stands before every request; nobody waits without it. */
  readonly pace?: Pace;
}

/**
 * Opens a dYdX v4 account: reads from the indexer, orders to the chain. Connects to nothing yet.
 *
 * Fails where the dYdX client, an optional dependency, is not installed. Amounts are exact; collateral is in USDC,
 * signed, and includes unsettled funding as the indexer does, unless it is told apart. Equity and free collateral are checked and never reported.
 */
export async function openDydxExchange(options: DydxExchangeOptions): Promise<Exchange> {
  const { venue, indexerUrl, validatorUrl, credentials, now, pace = UNPACED } = options;
  const scope = dydxScope(options.scope);
  assertCredentials(credentials);
  const loaded = loadDydxSdk();
  const indexer = openDydxIndexer({ sdk: loaded.sdk, indexerUrl, now, pace });
  const chainId = options.chainId ?? DYDX_MAINNET;
  const signer = credentials && signerOf(loaded, credentials, scope.address);
  const chain = openDydxChain({ loaded, indexerUrl, validatorUrl, chainId, signer, scope, pace, now });
  const validator = openValidator(validatorUrl, { pace, now });
  const marks = { heightMark: createHeightMark(), parentsMark: createParentsMark() };
  const chainState =
    options.unsettledFunding === 'apart' ? openChainState({ validatorUrl, pace, now }) : null;
  const reads: DydxReads = { venue, scope, indexer, validator, chainState, ...marks, now };
  const lookups: OrderLookups = { indexer, validator, chain, spentSequences: createSpentSequences() };
  const attempts = createAttempts();
  const authenticatorId = credentials?.authenticatorId;

  return {
    venue,
    kind: 'dydx',
    clientOrderIds: 'uint32',
    observe: (request, signal) => observeDydx(reads, request.fillsSinceMs, signal),
    readActivity: (request, signal) => readDydxActivity(reads, request, signal),
    readMarkets: (markets, signal) => readDydxMarkets(indexer, markets, signal),
    prepareOrder: (instruction, signal) =>
      prepareDydxOrder({ indexer: indexer.forOrders, scope, chain }, instruction, signal),
    submitOrder: (order, signal) => submitDydxOrder({ chain, attempts }, order, signal),
    findOrder: (order, signal) => findDydxOrder(lookups, order, signal),
    cancelOrder: (order, _venueOrderId, signal) => cancelDydxOrder(chain, order, signal),
    // The account's own key has every right, and the chain is not asked about it.
    ...(signer &&
      authenticatorId !== undefined && {
        readKeyRights: (signal) => readDydxKeyRights({ chain, signer, scope, authenticatorId }, signal),
      }),
    async close() {
      indexer.close();
    },
  };
}

function assertCredentials(credentials: DydxCredentials | null): void {
  if (credentials === null) return;
  const given = [credentials.mnemonic, credentials.privateKey].filter((one) => one !== undefined).length;
  assert(given === 1, 'dYdX credentials are a mnemonic or a private key, one of them');
  const { authenticatorId = '0' } = credentials;
  const isId = AUTHENTICATOR_ID.test(authenticatorId) && BigInt(authenticatorId) <= UINT64_MAX;
  assert(isId, 'the id of an authenticator is a whole number of 64 bits');
}
