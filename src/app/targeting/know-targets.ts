import type { OpenDatabase } from '../../../db/database.ts';
import { settleSignal } from '../../domain/signals/settle-signal.ts';
import type { Signal } from '../../domain/signals/signal.ts';
import type { Configuration } from '../configuration.ts';
import { groupsOf } from '../portfolio/read-standing.ts';
import type { ServiceSettings } from '../portfolio/service-settings.ts';
import { TargetFileReader } from './follow-target-files.ts';
import { inferNow } from './infer-token-map.ts';
import type { TargetMemory } from './target-memory.ts';

/**
 * Brings what targets are derived from up to now, in memory alone: files are read once, and the token map is inferred
 * as the service would at its start. What is confirmed stands in the database.
 */
export async function knowTargets(
  memory: TargetMemory,
  on: {
    readonly configuration: Configuration;
    readonly settings: ServiceSettings;
    readonly database: Pick<OpenDatabase, 'db'> | null;
    readonly nowMs: number;
    readonly onProblem: (problem: string) => void;
  },
): Promise<void> {
  const { configuration, settings, database, nowMs, onProblem } = on;
  const { targeting } = settings;
  if (targeting === undefined) return;
  memory.tokens = await inferNow(database, targeting, {
    before: memory.tokens,
    nowMs,
    groupOf: groupsOf(settings),
  });
  const { returns, signals } = await new TargetFileReader(configuration.targetFiles, onProblem).read();
  if (returns !== null) memory.returns = returns;
  const { method } = targeting;
  if (signals === null || method.kind !== 'signals') return;
  for (const signal of signals.signals) {
    const before = memory.signals.find((each) => isOfSame(each, signal)) ?? null;
    const { status, reason } = settleSignal(signal, { rules: method.rules, before, nowMs });
    if (status === 'refused') onProblem(`${signals.by}: ${signal.source} on ${signal.asset}: ${reason}`);
    if (status !== 'kept') continue;
    memory.signals = [...memory.signals.filter((each) => !isOfSame(each, signal)), signal];
  }
}

const isOfSame = (one: Signal, other: Signal): boolean =>
  one.source === other.source && one.asset === other.asset;
