// What a validator says of the chain's own height: what the indexer's is held against.

import * as z from 'zod';
import type { PageProof, Unknown } from '../../domain/venue/observation.ts';
import { heightText, isoTime, parseBody } from './dydx-rows.ts';
import { askValidator, type RpcRequest, type ValidatorCall } from './validator-requests.ts';

/** A reading does not wait longer for what only bears witness. */
const STATUS_TIMEOUT_MS = 3_000;

export interface ChainStatus {
  readonly state: 'answered';
  /** The last block that this validator has: the chain is at least there. */
  readonly height: number;
  readonly timeMs: number;
  readonly page: PageProof;
}

export interface Validator {
  readonly origin: string;
  status(signal: AbortSignal): Promise<ChainStatus | Unknown>;
}

const statusResult = z.object({
  result: z.object({
    sync_info: z.object({ latest_block_height: heightText, latest_block_time: isoTime }),
  }),
});

const ENDPOINT = 'RPC status';
const REQUEST: RpcRequest = { jsonrpc: '2.0', id: 1, method: 'status', params: {} };

/** Connects to nothing yet. Trouble is an `Unknown`, never a throw. */
export function openValidator(
  validatorUrl: string,
  { pace, now }: Pick<ValidatorCall, 'pace' | 'now'>,
): Validator {
  return {
    origin: new URL(validatorUrl).origin,
    async status(signal) {
      const by = { validatorUrl, pace, now, signal, timeoutMs: STATUS_TIMEOUT_MS };
      const answer = await askValidator(REQUEST, { ...by, requestClass: 'reconcile' });
      if (answer.state === 'unanswered') return answer.unknown;
      const { result, sha256 } = answer;
      const parsed = parseBody(ENDPOINT, statusResult, { result });
      if (parsed.state === 'unknown') return parsed;
      const { latest_block_height: height, latest_block_time: timeMs } = parsed.value.result.sync_info;
      return { state: 'answered', height, timeMs, page: { endpoint: ENDPOINT, rows: 1, sha256 } };
    },
  };
}
