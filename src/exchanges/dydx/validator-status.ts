// What a validator says of the chain's own height: what the indexer's is held against.
//
// It is asked without the SDK, whose requests to a validator neither time out nor bound what they read.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import { failureOfStatus, failureOfTransport } from '../http-failure.ts';
import type { Pace } from '../pace.ts';
import { heightText, isoTime, parseBody } from './dydx-rows.ts';

/** A reading does not wait longer for what only bears witness. */
const STATUS_TIMEOUT_MS = 3_000;
/** A status is some 2 KiB. */
const BODY_BYTES_MAX = 65_536;

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

const statusBody = z.object({
  result: z.object({
    sync_info: z.object({ latest_block_height: heightText, latest_block_time: isoTime }),
  }),
});

const ENDPOINT = 'RPC status';
const REQUEST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status', params: {} });

/** Connects to nothing yet. Trouble is an `Unknown`, never a throw. */
export function openValidator(validatorUrl: string, pace: Pace): Validator {
  return {
    origin: new URL(validatorUrl).origin,
    async status(signal) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(STATUS_TIMEOUT_MS)]);
      let text: string;
      try {
        const { response, bounded } = await pace('reconcile', deadline, async () => {
          const answer = await fetch(validatorUrl, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: REQUEST,
            redirect: 'error',
            signal: deadline,
          });
          return { response: answer, bounded: await boundedText(answer) };
        });
        if (bounded === null) {
          return unknown('malformed', `${ENDPOINT}: the body is larger than ${BODY_BYTES_MAX} bytes`);
        }
        const failure = failureOfStatus(response.status, { 'retry-after': undefined }, bounded);
        if (failure !== null) return { ...failure, detail: `${ENDPOINT}: ${failure.detail}` };
        text = bounded;
      } catch (error) {
        const failure = failureOfTransport(error, deadline);
        return { ...failure, detail: `${ENDPOINT}: ${failure.detail}` };
      }
      return statusOf(text);
    },
  };
}

function statusOf(text: string): ChainStatus | Unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return unknown('malformed', `${ENDPOINT}: expected JSON, found "${text.slice(0, 60)}"`);
  }
  const parsed = parseBody(ENDPOINT, statusBody, body);
  if (parsed.state === 'unknown') return parsed;
  const { latest_block_height: height, latest_block_time: timeMs } = parsed.value.result.sync_info;
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { state: 'answered', height, timeMs, page: { endpoint: ENDPOINT, rows: 1, sha256 } };
}

/** Null where the body is larger than the limit. */
async function boundedText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
