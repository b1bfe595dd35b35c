import type { Watermark } from '../../domain/venue/observation.ts';
import { type IndexerSession, readFailed } from './indexer-session.ts';
import type { ChainStatus, Validator } from './validator-status.ts';

/** Blocks come about once a second: what is younger than the settling window of ten seconds may be on its way. */
export const LAG_BLOCKS_MAX = 10;

/**
 * The chain's height at the start of a reading; null where the validator does not say. A reading does not fail for
 * that: it then claims the indexer's height alone, and its certificate does not name the validator among its sources.
 */
export async function readChainStatus(
  session: IndexerSession,
  validator: Validator,
  signal: AbortSignal,
): Promise<ChainStatus | null> {
  const status = await validator.status(signal);
  if (status.state === 'unknown') return null;
  session.note(status.page);
  return status;
}

/** Throws `ReadFailed` where what was read is older than the chain by more than a settling window. */
export function assertNotBehind(chain: ChainStatus | null, read: Watermark): void {
  if (chain === null || read.height === null) return;
  const blocks = chain.height - read.height;
  if (blocks <= LAG_BLOCKS_MAX) return;
  throw readFailed(
    'stale',
    `the indexer stands at ${read.height}, ${blocks} blocks behind the chain's ${chain.height}: at most ${LAG_BLOCKS_MAX} are accepted`,
  );
}

/** Who answered, by what was proven. */
export const sourcesOf = (
  indexer: { readonly origin: string },
  validator: Validator,
  { pages }: Pick<IndexerSession, 'pages'>,
): readonly string[] =>
  pages.some(({ endpoint }) => endpoint.startsWith('RPC '))
    ? [indexer.origin, validator.origin]
    : [indexer.origin];
