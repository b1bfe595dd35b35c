import { encodeBase58 } from '../../solana/base58.ts';
import type { AccountJson, DataSlice } from './account-json.ts';
import { feeOf } from './message-fee.ts';
import { epochOf, FINALITY_SLOTS, type SimulatedChain, SLOTS_PER_EPOCH } from './simulated-chain.ts';
import type { SimulatorParts } from './simulator-parts.ts';
import { showTransaction, statusOf } from './transaction-json.ts';

/** What JSON-RPC answers instead of a result. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

interface Options {
  readonly encoding?: string;
  readonly commitment?: string;
  readonly transactionDetails?: string;
  readonly minContextSlot?: number;
  readonly skipPreflight?: boolean;
  readonly searchTransactionHistory?: boolean;
  readonly maxSupportedTransactionVersion?: number;
  readonly limit?: number;
  readonly before?: string;
  readonly until?: string;
  readonly dataSlice?: DataSlice;
  readonly accounts?: { readonly addresses: readonly string[]; readonly encoding?: string };
}

export type RpcMethods = (method: string, params: readonly unknown[]) => unknown;

const INVALID_PARAMS = -32602;
const MULTIPLE_ACCOUNTS_MAX = 100;
const SIGNATURES_MAX = 1_000;
/** Slots that a node keeps statuses at hand for: Agave's MAX_RECENT_BLOCKHASHES behind the finalized block. */
const RECENT_STATUS_SLOTS = 300 + FINALITY_SLOTS;
/** Micro-lamports for a unit that landed in the newest slots: most transactions of a quiet chain bid nothing. */
const RECENT_FEES = [0, 0, 1_000, 5_000];

/** The methods that wallets and bots use, answered from the chain. */
export function createRpcMethods(
  parts: SimulatorParts,
  chain: SimulatedChain,
  json: AccountJson,
): RpcMethods {
  const { web3, spl } = parts;
  const withContext = (value: unknown) => ({ context: { apiVersion: '3.1.0', slot: chain.slot() }, value });
  const address = (text: unknown): string => {
    try {
      return new web3.PublicKey(text as string).toBase58();
    } catch {
      throw new RpcError(INVALID_PARAMS, 'Invalid param: Invalid');
    }
  };
  const height = ({ commitment }: Options) =>
    chain.slot() - ((commitment ?? 'finalized') === 'finalized' ? FINALITY_SLOTS : 0);

  const methods: Record<string, (params: readonly unknown[], options: Options) => unknown> = {
    getHealth: () => 'ok',
    getVersion: () => ({ 'solana-core': '3.1.0', 'feature-set': 0 }),
    getGenesisHash: () => encodeBase58(new Uint8Array(32).fill(7)),
    getSlot: (_, options) => height(options),
    getBlockHeight: (_, options) => height(options),
    getEpochInfo: (_, options) => epochInfoAt(height(options)),
    getFirstAvailableBlock: () => 0,
    getBlock([slot], { transactionDetails }) {
      if (transactionDetails !== 'none')
        throw new RpcError(INVALID_PARAMS, 'Invalid param: only details none');
      const [blockTime, blockHeight] = [chain.timeSecondsOf(Number(slot)), Number(slot)];
      return {
        blockhash: encodeBase58(new Uint8Array(32)),
        previousBlockhash: '1',
        parentSlot: blockHeight - 1,
        blockHeight,
        blockTime,
      };
    },
    getBalance: ([key]) => withContext(Number(chain.account(address(key))?.lamports ?? 0n)),
    getMinimumBalanceForRentExemption: ([bytes]) => Number(chain.rentOf(Number(bytes))),
    getLatestBlockhash: () => withContext(chain.latestBlockhash()),
    getRecentPrioritizationFees: () =>
      RECENT_FEES.map((prioritizationFee, index) => ({ slot: chain.slot() - index, prioritizationFee })),
    isBlockhashValid: ([blockhash]) => withContext(chain.isBlockhashValid(String(blockhash))),
    getAccountInfo: ([key], { encoding }) =>
      withContext(json.show(chain.account(address(key)), encoding ?? 'base64')),
    getMultipleAccounts([keys], { encoding, dataSlice }) {
      const list = keys as readonly unknown[];
      if (list.length > MULTIPLE_ACCOUNTS_MAX) {
        throw new RpcError(INVALID_PARAMS, `Too many inputs provided; max ${MULTIPLE_ACCOUNTS_MAX}`);
      }
      const show = (key: unknown) => json.show(chain.account(address(key)), encoding ?? 'base64', dataSlice);
      return withContext(list.map(show));
    },
    getTokenAccountsByOwner([key, filter], { encoding }) {
      const owner = address(key);
      const { mint, programId } = filter as { readonly mint?: string; readonly programId?: string };
      const both = [spl.TOKEN_PROGRAM_ID.toBase58(), spl.TOKEN_2022_PROGRAM_ID.toBase58()];
      if (programId !== undefined && !both.includes(programId)) {
        throw new RpcError(INVALID_PARAMS, 'Invalid param: unrecognized Token program id');
      }
      const rows = (programId === undefined ? both : [programId])
        .flatMap((program) => chain.accountsOf(program))
        .filter((account) => {
          const token = json.tokenAccount(account);
          return token?.owner === owner && (mint === undefined || token.mint === mint);
        })
        .map((account) => ({ pubkey: account.address, account: json.show(account, encoding ?? 'base64') }));
      return withContext(rows);
    },
    getTokenAccountBalance([key]) {
      const token = json.tokenAccount(chain.account(address(key)));
      if (token === null) throw new RpcError(INVALID_PARAMS, 'Invalid param: could not find account');
      return withContext(json.tokenAmount(token.atoms, token.decimals));
    },
    getTokenSupply([key]) {
      const supply = json.supplyOf(address(key));
      if (supply === null) throw new RpcError(INVALID_PARAMS, 'Invalid param: could not find mint');
      return withContext(supply);
    },
    getFeeForMessage([text]) {
      const message = web3.VersionedMessage.deserialize(Buffer.from(String(text), 'base64'));
      return withContext(chain.isBlockhashValid(message.recentBlockhash) ? Number(feeOf(message)) : null);
    },
    simulateTransaction([text], { accounts }) {
      const result = chain.simulate(Buffer.from(String(text), 'base64'));
      const shown = accounts?.addresses.map((key) =>
        json.show(result.error === null ? result.accountAfter(address(key)) : null, 'base64'),
      );
      return withContext({
        err: result.error,
        logs: result.logs,
        unitsConsumed: result.unitsConsumed,
        accounts: result.error === null ? (shown ?? null) : null,
        returnData: null,
      });
    },
    sendTransaction([text], { encoding, skipPreflight }) {
      if (encoding !== 'base64') throw new RpcError(INVALID_PARAMS, 'Invalid param: only base64 is taken');
      const bytes = Buffer.from(String(text), 'base64');
      const signature = signatureOf(parts, bytes);
      if (skipPreflight !== true) preflight(chain, signature, bytes);
      // A node that does not simulate first takes what the leader may drop later.
      chain.send(bytes);
      return signature;
    },
    getSignatureStatuses: ([signatures], { searchTransactionHistory }) =>
      withContext(
        (signatures as readonly string[]).map((one) => {
          const landed = chain.landed(one);
          if (landed === null) return null;
          // What is older stands in the ledger alone, where a node looks only when it is told to.
          const isRecent = chain.slot() - landed.slot <= RECENT_STATUS_SLOTS;
          return isRecent || searchTransactionHistory === true ? statusOf(landed, chain.slot()) : null;
        }),
      ),
    getSignaturesForAddress([key], { limit, before, until }) {
      const wanted = address(key);
      const all = chain.history().filter((landed) => landed.keys.includes(wanted));
      const start = before === undefined ? 0 : all.findIndex((one) => one.signature === before) + 1;
      const end = until === undefined ? -1 : all.findIndex((one) => one.signature === until);
      return all
        .slice(start, end < 0 ? undefined : end)
        .slice(0, Math.min(limit ?? SIGNATURES_MAX, SIGNATURES_MAX))
        .map((landed) => ({
          signature: landed.signature,
          slot: landed.slot,
          err: landed.error,
          memo: null,
          blockTime: landed.timeSeconds,
          confirmationStatus: statusOf(landed, chain.slot()).confirmationStatus,
        }));
    },
    getTransaction([signature], options) {
      const landed = chain.landed(String(signature));
      const isFinal = landed !== null && chain.slot() - landed.slot >= FINALITY_SLOTS;
      if (landed === null || ((options.commitment ?? 'finalized') === 'finalized' && !isFinal)) return null;
      const { version } = web3.VersionedTransaction.deserialize(landed.bytes);
      const { maxSupportedTransactionVersion: known } = options;
      // Who names no version knows only the form that has none.
      if (version !== 'legacy' && (known === undefined || known < version)) throw unsupported(version);
      return showTransaction(parts, json, landed, options.encoding ?? 'json');
    },
  };

  return (method, params) => {
    const handler = methods[method];
    if (handler === undefined) throw new RpcError(-32601, 'Method not found');
    const last = params.at(-1);
    const options = (
      typeof last === 'object' && last !== null && !Array.isArray(last) ? last : {}
    ) as Options;
    if ((options.minContextSlot ?? 0) > chain.slot()) {
      const message = 'Minimum context slot has not been reached';
      throw new RpcError(-32016, message, { contextSlot: chain.slot() });
    }
    return handler(params, options);
  };
}

/** As Agave words it. */
const unsupported = (version: number) =>
  new RpcError(
    -32015,
    `Transaction version (${version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
  );

/** Every slot of this chain has its block, so that heights and slots are the same numbers. */
function epochInfoAt(slot: number) {
  const slotIndex = slot % SLOTS_PER_EPOCH;
  return {
    absoluteSlot: slot,
    blockHeight: slot,
    epoch: epochOf(slot),
    slotIndex,
    slotsInEpoch: SLOTS_PER_EPOCH,
  };
}

function signatureOf({ web3 }: SimulatorParts, bytes: Uint8Array): string {
  try {
    return encodeBase58(web3.VersionedTransaction.deserialize(bytes).signatures[0] ?? new Uint8Array(64));
  } catch {
    throw new RpcError(
      INVALID_PARAMS,
      'failed to deserialize solana_transaction::versioned::VersionedTransaction',
    );
  }
}

function preflight(chain: SimulatedChain, signature: string, bytes: Uint8Array): void {
  const refuse = (err: unknown, what: string, logs: readonly string[]) => {
    const data = { err, logs, accounts: null, unitsConsumed: 0 };
    throw new RpcError(-32002, `Transaction simulation failed: ${what}`, data);
  };
  if (chain.landed(signature) !== null) {
    refuse('AlreadyProcessed', 'This transaction has already been processed', []);
  }
  const { error, logs } = chain.simulate(bytes);
  if (error === null) return;
  const what = error === 'BlockhashNotFound' ? 'Blockhash not found' : JSON.stringify(error);
  refuse(error, what, logs);
}
