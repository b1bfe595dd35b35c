import type { z } from 'zod';
import { type PageProof, type Unknown, type UnknownReason, unknown } from '../../domain/venue/observation.ts';
import type { DydxIndexer } from './dydx-indexer.ts';
import { parseBody } from './dydx-rows.ts';
import type { IndexerClient } from './dydx-sdk.ts';

/** A read that came to nothing; carries what the caller is told. Never leaves this folder. */
export class ReadFailed extends Error {
  override readonly name = 'ReadFailed';
  readonly outcome: Unknown;

  constructor(outcome: Unknown) {
    super(outcome.detail);
    this.outcome = outcome;
  }
}

export function readFailed(reason: UnknownReason, detail: string): ReadFailed {
  return new ReadFailed(unknown(reason, detail));
}

/** Whether the venue says that what was asked for is not there: an account, or the endpoint itself. */
export const isNotFound = (error: unknown, endpoint: string): error is ReadFailed =>
  error instanceof ReadFailed && error.outcome.detail.startsWith(`${endpoint}: HTTP 404`);

/** Runs reads and gives the `Unknown` of the first that failed; anything else that is thrown is a bug. */
export async function orUnknown<T>(read: () => Promise<T>): Promise<T | Unknown> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ReadFailed) return error.outcome;
    throw error;
  }
}

/** One round of reads: every body that it parsed is proven in `pages`. */
export interface IndexerSession {
  readonly pages: readonly PageProof[];
  /** Parses the whole body or throws `ReadFailed`. */
  read<T>(request: {
    readonly endpoint: string;
    readonly schema: z.ZodType<T>;
    readonly call: (client: IndexerClient) => Promise<unknown>;
    readonly rowsOf: (value: T) => number;
  }): Promise<T>;
  /** Adds the proof of an answer that came from elsewhere than the indexer. */
  note(page: PageProof): void;
}

export function openIndexerSession(indexer: DydxIndexer, signal: AbortSignal): IndexerSession {
  const pages: PageProof[] = [];
  return {
    pages,
    async read({ endpoint, schema, call, rowsOf }) {
      const answer = await indexer.read(endpoint, call, signal);
      if (answer.state === 'unknown') throw new ReadFailed(answer);
      const parsed = parseBody(endpoint, schema, answer.body);
      if (parsed.state === 'unknown') throw new ReadFailed(parsed);
      pages.push(answer.proofOf(rowsOf(parsed.value)));
      return parsed.value;
    },
    note: (page) => void pages.push(page),
  };
}
