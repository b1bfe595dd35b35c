import { existsSync } from 'node:fs';
import { openDatabaseReadOnly } from '../../../db/database.ts';
import { readSubLedgers } from '../../../db/sub-ledger-repository.ts';
import type { Amount } from '../../domain/money/amount.ts';
import type { Signal } from '../../domain/signals/signal.ts';
import { needsConfirmation, type TokenMapping } from '../../domain/strategies/infer-tokens.ts';
import type { ResolvedTargets } from '../../domain/strategies/resolve-targets.ts';
import { NOBODY } from '../../domain/strategies/strategy-deltas.ts';
import type { SubLedgers } from '../../domain/strategies/sub-ledgers.ts';
import type { Configuration } from '../configuration.ts';
import { serviceSettingsOf } from '../settings-of-configuration.ts';
import { heldBy } from './book-sub-ledgers.ts';
import { TargetFileReader } from './follow-target-files.ts';
import { knowTargets } from './know-targets.ts';
import { loadTargetMemory, RETURNS_NOT_READ, type TargetMemory } from './target-memory.ts';
import { targetsOf } from './targets-of.ts';

/** What `trueup targets` shows. */
export interface TargetsDocument {
  /** `live` says whether they could be traded live: what nobody has confirmed cannot. */
  readonly targets: ResolvedTargets | { readonly state: 'none' };
  readonly live: { readonly state: 'traded' } | { readonly state: 'refused'; readonly reason: string };
  /** Weights as they are configured, in parts per million; null for plain targets. */
  readonly strategies: readonly { readonly id: string; readonly weightPpm: number }[] | null;
  readonly tokens: readonly (TokenMapping & { readonly needsConfirmation: boolean })[];
  /** What strategies hold of the book, and what is of none (null); empty before any has anything. Exact quantities. */
  readonly holdings: readonly {
    readonly strategy: string | null;
    readonly asset: string;
    readonly quantity: Amount;
  }[];
  /** The newest of each source on each asset. */
  readonly signals: readonly (Signal & { readonly isExpired: boolean })[];
}

/** Targets as they stand now, from the configuration, its files, and the book where there is one. Writes nothing. */
export async function readTargets(
  configuration: Configuration,
  on: { readonly nowMs: number; readonly onProblem: (problem: string) => void },
): Promise<TargetsDocument> {
  const { nowMs, onProblem } = on;
  const settings = serviceSettingsOf(configuration, 'paper');
  const path = configuration.database;
  const database = path !== ':memory:' && existsSync(path) ? await openDatabaseReadOnly(path) : null;
  try {
    const memory = database === null ? emptyMemory() : await loadTargetMemory(database);
    const told = await new TargetFileReader(configuration.targetFiles, onProblem).read();
    await knowTargets(memory, { told, settings, database, nowMs, onProblem });
    const targets = targetsOf(settings, memory, { nowMs, mode: 'paper' });
    const live = targetsOf(settings, memory, { nowMs, mode: 'live' });
    const base = configuration.targeting?.base;
    return {
      targets,
      live:
        live.state === 'refused'
          ? {
              state: 'refused',
              reason: `${live.problem.path}: expected ${live.problem.expected}, found ${live.problem.found}`,
            }
          : { state: 'traded' },
      strategies:
        base?.kind === 'strategies' ? base.strategies.map(({ id, weightPpm }) => ({ id, weightPpm })) : null,
      tokens: memory.tokens.map((each) => ({ ...each, needsConfirmation: needsConfirmation(each) })),
      holdings: database === null ? [] : holdingsOf(await readSubLedgers(database.db)),
      signals: memory.signals.map((each) => ({ ...each, isExpired: each.expiresAtMs <= nowMs })),
    };
  } finally {
    await database?.close();
  }
}

/** By asset; only of assets that some strategy has a part of. */
function holdingsOf(ledgers: SubLedgers): TargetsDocument['holdings'] {
  const assets = new Set([...ledgers.strategies.values()].flatMap((own) => [...own.keys()]));
  return [...assets].sort().flatMap((asset) =>
    [...heldBy(ledgers, asset)].map(([id, quantity]) => ({
      strategy: id === NOBODY ? null : id,
      asset,
      quantity,
    })),
  );
}

const emptyMemory = (): TargetMemory => ({
  returns: RETURNS_NOT_READ,
  signals: [],
  signalHistory: [],
  tokens: [],
  inForce: null,
});
