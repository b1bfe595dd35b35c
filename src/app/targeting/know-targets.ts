import type { OpenDatabase } from '../../../db/database.ts';
import { settleSignals } from '../../domain/signals/settle-signals.ts';
import { sourceKey } from '../../domain/signals/signal.ts';
import { groupsOf } from '../portfolio/read-standing.ts';
import type { ServiceSettings } from '../portfolio/service-settings.ts';
import type { ToldByFiles } from './follow-target-files.ts';
import { inferNow } from './infer-token-map.ts';
import type { TargetMemory } from './target-memory.ts';

/**
 * Brings what targets are derived from up to now, in memory alone: by what files say, and with the token map inferred
 * as the service would at its start. What is confirmed stands in the database.
 */
export async function knowTargets(
  memory: TargetMemory,
  on: {
    readonly told: ToldByFiles;
    readonly settings: ServiceSettings;
    readonly database: Pick<OpenDatabase, 'db'> | null;
    readonly nowMs: number;
    readonly onProblem: (problem: string) => void;
  },
): Promise<void> {
  const { told, settings, database, nowMs, onProblem } = on;
  const { targeting } = settings;
  if (targeting === undefined) return;
  memory.tokens = await inferNow(database, targeting, {
    before: memory.tokens,
    nowMs,
    groupOf: groupsOf(settings),
  });
  const returns = told.returns.find(({ uses }) => uses.includes('targets'));
  if (returns !== undefined) memory.returns = returns.returns;
  const { method } = targeting;
  const { signals } = told;
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
