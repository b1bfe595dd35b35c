import {
  CLOCK_SKEW_MAX_MS,
  certify,
  type Observation,
  type Unknown,
  unknown,
} from '../../domain/venue/observation.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { Exchange } from '../exchange.ts';
import type { ReadStatement, Statement } from './statement.ts';
import { readStatementFile } from './statement-file.ts';

/** `scope` is what certificates name the file by. */
export interface StatementOptions {
  readonly venue: VenueId;
  readonly path: string;
  readonly scope: string;
  readonly maxAgeMs: number;
  readonly readStatement: ReadStatement;
  readonly now: () => number;
}

/** A file that somebody exports from an exchange, as a venue. It is read anew each time, and takes no orders. */
export function openStatementExchange(options: StatementOptions): Exchange {
  const reason = 'a statement takes no orders';
  return {
    venue: options.venue,
    kind: 'statement',
    clientOrderIds: 'text',
    observe: ({ fillsSinceMs }, signal) =>
      read(options, signal, ({ snapshot }) => ({
        ...snapshot,
        fills: snapshot.fills.filter(({ atMs }) => atMs >= (fillsSinceMs ?? 0)),
      })),
    readActivity: ({ sinceMs, assets }, signal) =>
      read(options, signal, ({ activity, completeSinceMs }) => {
        if (completeSinceMs === null || completeSinceMs > sinceMs)
          return unknown(
            'incomplete',
            `expected activity since ${sinceMs}, found it since ${completeSinceMs}`,
          );
        const isWanted = ({ asset }: { readonly asset: string }) => assets.includes(asset);
        return activity.filter(({ atMs, deltas }) => atMs >= sinceMs && deltas.some(isWanted));
      }),
    readMarkets: async () => unknown('refused', 'a statement has no markets'),
    prepareOrder: async () => ({ state: 'deniedLocally', reason }),
    submitOrder: async () => ({ state: 'deniedLocally', reason }),
    findOrder: async () => unknown('refused', reason),
    cancelOrder: async () => ({ state: 'rejected', reason }),
    close: async () => {},
  };
}

/** Reads the file twice: what is being written is not the same both times. Its time stands for a chain's height. */
async function read<T extends object>(
  { venue, path, scope, maxAgeMs, readStatement, now }: StatementOptions,
  signal: AbortSignal,
  pick: (statement: Statement) => T | Unknown,
): Promise<Observation<T>> {
  const file = await readStatementFile(path, signal);
  if (file.state === 'unknown') return file;
  const again = await readStatementFile(path, signal);
  if (again.state === 'unknown') return again;
  if (file.mark !== again.mark) return unknown('incoherent', 'the file changed while it was read');
  const statement = readStatement(file.text);
  if (statement.state === 'unknown') return statement;
  if (statement.venue !== null && statement.venue !== venue)
    return unknown('wrongScope', `expected a statement of ${venue}, found one of ${statement.venue}`);
  const statedAtMs = statement.statedAtMs ?? file.modifiedAtMs;
  const ageMs = now() - statedAtMs;
  if (ageMs > maxAgeMs || ageMs < -CLOCK_SKEW_MAX_MS)
    return unknown('stale', `expected at most ${maxAgeMs / 1_000} s of age, found ${ageMs / 1_000} s`);
  const value = pick(statement);
  if ('state' in value) return value as Unknown;
  const watermark = { activity: file.mark, height: statedAtMs };
  const evidence = { venue, kind: 'statement', scope, complete: true, clockSkewMs: null } as const;
  return certify(value as T, {
    ...evidence,
    observedAtMs: now(),
    watermarkBefore: watermark,
    watermarkAfter: watermark,
    pages: [{ endpoint: 'FILE', rows: statement.snapshot.balances.length, sha256: file.sha256 }],
    sources: ['file'],
  });
}
