// What the chain itself says of a subaccount and of a perpetual, at a height that the caller names.

import * as z from 'zod';
import { type Amount, fromAtoms } from '../../domain/money/amount.ts';
import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import { heightText, parseBody } from './dydx-rows.ts';
import { readSerializableInt } from './serializable-int.ts';
import { loadStateMessages, type StateMessage, type SubaccountState } from './state-messages.ts';
import { askValidator, type ValidatorCall } from './validator-requests.ts';

export interface ChainSubaccount {
  /** Signed USDC without funding that is not settled. */
  readonly collateral: Amount;
  /** Signed, in the smallest unit of the perpetual. */
  readonly positions: readonly { readonly perpetualId: number; readonly quantums: bigint }[];
}

export interface ChainPerpetual {
  readonly ticker: string;
  /** The power of ten that one quantum is worth, such as -10. */
  readonly atomicResolution: number;
}

export type ChainAnswer<T> =
  | { readonly state: 'answered'; readonly value: T; readonly page: PageProof }
  | Unknown;

export interface ChainState {
  /** A subaccount that the chain has not is one without anything: the chain does not tell them apart. */
  subaccount(
    id: { readonly address: string; readonly number: number },
    height: number,
    signal: AbortSignal,
  ): Promise<ChainAnswer<ChainSubaccount>>;
  perpetual(id: number, height: number, signal: AbortSignal): Promise<ChainAnswer<ChainPerpetual>>;
}

const SUBACCOUNT = '/dydxprotocol.subaccounts.Query/Subaccount';
const PERPETUAL = '/dydxprotocol.perpetuals.Query/Perpetual';
/** The chain's asset 0, in millionths. */
const USDC = { id: 0, decimals: 6 };
/** "invalid height" of the Cosmos SDK: the validator has not come so far. */
const HEIGHT_AHEAD = { codespace: 'sdk', code: 26 };
/** Characters of what a validator says that are told. */
const LOG_MAX = 200;
const RESOLUTION_MAX = 40;

/** Connects to nothing yet. Trouble is an `Unknown`, never a throw. Fails where the dYdX client is not installed. */
export function openChainState({
  validatorUrl,
  pace,
  now,
}: Pick<ValidatorCall, 'validatorUrl' | 'pace' | 'now'>): ChainState {
  const messages = loadStateMessages();

  /** Asks once. What `read` cannot read is malformed, in the words that it throws. */
  async function ask<T>(question: {
    readonly path: string;
    readonly data: Uint8Array;
    readonly height: number;
    readonly signal: AbortSignal;
    readonly read: (bytes: Uint8Array) => { readonly value: T; readonly rows: number } | Unknown;
  }): Promise<ChainAnswer<T>> {
    const { path, data, height, signal, read } = question;
    const endpoint = `RPC abci_query ${path}`;
    const params = { path, data: Buffer.from(data).toString('hex'), height: String(height), prove: false };
    const request = { jsonrpc: '2.0', id: 1, method: 'abci_query', params } as const;
    const answer = await askValidator(request, {
      validatorUrl,
      pace,
      now,
      requestClass: 'reconcile',
      signal,
    });
    if (answer.state === 'unanswered') return answer.unknown;
    const parsed = parseBody(endpoint, queryResult, answer.result);
    if (parsed.state === 'unknown') return parsed;
    const { response } = parsed.value;
    const refusal = refusalOf(response, height);
    if (refusal !== null) return { ...refusal, detail: `${endpoint}: ${refusal.detail}` };
    const found = read(Buffer.from(response.value ?? '', 'base64'));
    if ('state' in found) return { ...found, detail: `${endpoint}: ${found.detail}` };
    const page = { endpoint, rows: found.rows, sha256: answer.sha256 };
    return { state: 'answered', value: found.value, page };
  }

  return {
    subaccount: ({ address, number }, height, signal) =>
      ask({
        path: SUBACCOUNT,
        data: encoded(messages.QueryGetSubaccountRequest, { owner: address, number }),
        height,
        signal,
        read(bytes) {
          const found = decoded(messages.QuerySubaccountResponse, bytes)?.subaccount;
          if (found?.id === undefined) return unknown('malformed', 'expected a subaccount, found none');
          const { owner, number: of } = found.id;
          if (owner !== address || of !== number)
            return unknown('wrongScope', `expected ${address}/${number}, found ${owner}/${of}`);
          const value = subaccountOf(found);
          if (value === null) return unknown('malformed', 'expected integers of the chain, each thing once');
          return { value, rows: found.assetPositions.length + found.perpetualPositions.length };
        },
      }),
    perpetual: (id, height, signal) =>
      ask({
        path: PERPETUAL,
        data: encoded(messages.QueryPerpetualRequest, { id }),
        height,
        signal,
        read(bytes) {
          const params = decoded(messages.QueryPerpetualResponse, bytes)?.perpetual?.params;
          if (params === undefined || params.id !== id || params.ticker === '')
            return unknown(
              'malformed',
              `expected perpetual ${id}, found ${JSON.stringify(params ?? null).slice(0, LOG_MAX)}`,
            );
          const { ticker, atomicResolution } = params;
          if (Math.abs(atomicResolution) > RESOLUTION_MAX)
            return unknown('malformed', `expected a resolution, found ${atomicResolution}`);
          return { value: { ticker, atomicResolution }, rows: 1 };
        },
      }),
  };
}

const queryResult = z.object({
  response: z.object({
    code: z.int().nullish(),
    codespace: z.string().nullish(),
    log: z.string().nullish(),
    value: z.base64().nullish(),
    height: heightText.nullish(),
  }),
});

type QueryResponse = z.output<typeof queryResult>['response'];

/** What is not an answer for that height; null where it is one. */
function refusalOf({ code, codespace, log, height: found }: QueryResponse, height: number): Unknown | null {
  if (code) {
    const isAhead = codespace === HEIGHT_AHEAD.codespace && code === HEIGHT_AHEAD.code;
    const said = `${codespace} ${code}: ${log}`.slice(0, LOG_MAX);
    return unknown(isAhead ? 'stale' : 'refused', `at height ${height} it is refused: ${said}`);
  }
  if (found === height) return null;
  return unknown('incoherent', `expected the state at height ${height}, found that at ${found ?? 'none'}`);
}

/** The main collateral and what is set aside for positions, which the chain tells its indexer as one amount. */
function subaccountOf({ assetPositions, perpetualPositions }: SubaccountState): ChainSubaccount | null {
  const usdc = assetPositions.filter(({ assetId }) => assetId === USDC.id);
  const ids = new Set(perpetualPositions.map(({ perpetualId }) => perpetualId));
  if (usdc.length > 1 || ids.size !== perpetualPositions.length) return null;
  let collateral = 0n;
  for (const bytes of [
    ...usdc.map(({ quantums }) => quantums),
    ...perpetualPositions.map(({ quoteBalance }) => quoteBalance),
  ]) {
    const quantums = readSerializableInt(bytes);
    if (quantums === null) return null;
    collateral += quantums;
  }
  const positions: { readonly perpetualId: number; readonly quantums: bigint }[] = [];
  for (const { perpetualId, quantums: bytes } of perpetualPositions) {
    const quantums = readSerializableInt(bytes);
    if (quantums === null) return null;
    positions.push({ perpetualId, quantums });
  }
  return { collateral: fromAtoms(collateral, USDC.decimals), positions };
}

const encoded = <T>(message: StateMessage<T>, value: object): Uint8Array =>
  message.encode(message.fromPartial(value)).finish();

/** Null where the bytes are no such message: the decoder throws whatever it stumbles over. */
function decoded<T>(message: StateMessage<T>, bytes: Uint8Array): T | null {
  try {
    return message.decode(bytes);
  } catch {
    return null;
  }
}
