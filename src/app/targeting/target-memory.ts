import type { OpenDatabase } from '../../../db/database.ts';
import {
  readNewestTargeting,
  readSignalHistory,
  readSignals,
  readTokenMappings,
} from '../../../db/target-repository.ts';
import type { Signal } from '../../domain/signals/signal.ts';
import type { TokenMapping } from '../../domain/strategies/infer-tokens.ts';
import type { TargetRecord } from '../../domain/strategies/resolve-targets.ts';
import type { ReadReturns } from '../../domain/targets/usable-returns.ts';

/** What the service remembers of what targets are derived from. */
export interface TargetMemory {
  /** Not in the database: the file is read again at every start. */
  returns: ReadReturns;
  /** The newest of each source on each asset. */
  signals: readonly Signal[];
  /** Those and the ones before them, where they are aggregated; empty where they never were. */
  signalHistory: readonly Signal[];
  tokens: readonly TokenMapping[];
  /** Of the newest plan that was kept. */
  inForce: InForce | null;
}

export type InForce = Pick<TargetRecord, 'method' | 'over' | 'uncapped'>;

export const RETURNS_NOT_READ: ReadReturns = {
  state: 'unread',
  source: 'method.returns.file',
  reason: 'it has not been read yet',
};

export async function loadTargetMemory({ db }: Pick<OpenDatabase, 'db'>): Promise<TargetMemory> {
  return {
    returns: RETURNS_NOT_READ,
    signals: await readSignals(db),
    signalHistory: await readSignalHistory(db),
    tokens: await readTokenMappings(db),
    inForce: (await readNewestTargeting(db)) as InForce | null,
  };
}
