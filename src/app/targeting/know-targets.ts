import type { OpenDatabase } from '../../../db/database.ts';
import { settleSignals } from '../../domain/signals/settle-signals.ts';
import { sourceKey } from '../../domain/signals/signal.ts';
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
  const { rules } = method;
  const { outcomes, kept } = settleSignals(signals.signals, { rules, known: memory.signals, nowMs });
  for (const { status, source, asset, reason } of outcomes)
    if (status === 'refused') onProblem(`${signals.by}: ${source} on ${asset}: ${reason}`);
  for (const signal of kept) {
    const others = memory.signals.filter((each) => sourceKey(each) !== sourceKey(signal));
    memory.signals = [...others, signal];
  }
  if (rules.aggregation !== undefined) memory.signalHistory = [...memory.signalHistory, ...kept];
}
