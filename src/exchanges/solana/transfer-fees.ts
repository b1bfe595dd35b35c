import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import { ACCOUNTS_MAX, keysOf, TOKEN_2022_PROGRAM } from './mint-facts.ts';
import {
  type EpochFee,
  feeInForce,
  isFeeChanged,
  readTransferFeeConfig,
  type TransferFeeConfig,
} from './mint-layout.ts';
import { COMMITMENT, type RpcEndpoint, type Web3 } from './rpc-endpoint.ts';

/** What a mint keeps back of every transfer: the fee in force, and after it one that is announced. */
export type TransferFees = readonly TransferFee[];

export interface TransferFee {
  readonly bps: number;
  readonly maximumAtoms: bigint;
  /** Null where it is in force. */
  readonly startsAtEpoch: number | null;
}

export interface ReadTransferFees {
  readonly state: 'read';
  readonly byMint: ReadonlyMap<string, TransferFees>;
  readonly pages: readonly PageProof[];
}

interface ReadInput {
  readonly web3: Web3;
  readonly endpoint: RpcEndpoint;
  /** Mints with a fee, as their accounts say. */
  readonly mints: readonly string[];
  /** Nothing is read from before this slot. */
  readonly minContextSlot: number;
  readonly signal: AbortSignal;
}

/**
 * Reads the fees of mints. They may change, so that nothing is remembered.
 * From the accounts' bytes: the JSON form writes the maximum as a number, and most maxima are beyond 2^53.
 */
export async function readTransferFees(input: ReadInput): Promise<ReadTransferFees | Unknown> {
  const { web3, endpoint, mints, minContextSlot, signal } = input;
  const configs = new Map<string, TransferFeeConfig>();
  const pages: PageProof[] = [];
  for (let start = 0; start < mints.length; start += ACCOUNTS_MAX) {
    const batch = mints.slice(start, start + ACCOUNTS_MAX);
    const keys = keysOf(web3, batch);
    if ('state' in keys) return keys;
    const answer = await endpoint.ask(
      signal,
      (connection) => connection.getMultipleAccountsInfoAndContext([...keys], { commitment: COMMITMENT }),
      minContextSlot,
    );
    if (answer.state === 'unanswered') return answer.unknown;
    pages.push(answer.page);
    for (const [index, mint] of batch.entries()) {
      const account = answer.value.value[index] ?? null;
      const isOfProgram = account?.owner.toBase58() === TOKEN_2022_PROGRAM;
      const config = account !== null && isOfProgram ? readTransferFeeConfig(account.data) : null;
      if (config === null) return unknown('malformed', `mint ${mint} is expected to show its transfer fee`);
      configs.set(mint, config);
    }
  }
  // Where both fees are the same, it does not matter which of them is in force.
  if (![...configs.values()].some(isFeeChanged)) return { state: 'read', byMint: feesAt(configs, 0), pages };
  const answer = await endpoint.ask(
    signal,
    (connection) => connection.getEpochInfo({ commitment: COMMITMENT }),
    minContextSlot,
  );
  if (answer.state === 'unanswered') return answer.unknown;
  const { epoch } = answer.value;
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    return unknown('malformed', `an epoch is expected to be an integer, found ${epoch}`);
  }
  return { state: 'read', byMint: feesAt(configs, epoch), pages: [...pages, answer.page] };
}

function feesAt(
  configs: ReadonlyMap<string, TransferFeeConfig>,
  epoch: number,
): ReadonlyMap<string, TransferFees> {
  return new Map([...configs].map(([mint, config]) => [mint, feesIn(config, epoch)]));
}

function feesIn(config: TransferFeeConfig, epoch: number): TransferFees {
  const { older, newer } = config;
  if (!isFeeChanged(config) || feeInForce(config, epoch) === newer) return [feeOf(newer, null)];
  return [feeOf(older, null), feeOf(newer, Number(newer.epoch))];
}

const feeOf = ({ bps, maximumAtoms }: EpochFee, startsAtEpoch: number | null): TransferFee => ({
  bps,
  maximumAtoms,
  startsAtEpoch,
});
