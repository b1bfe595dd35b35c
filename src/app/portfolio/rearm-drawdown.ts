import type { OpenDatabase } from '../../../db/database.ts';
import { readPerformance, savePerformance } from '../../../db/performance-repository.ts';
import { rearmDrawdown } from '../../domain/risk/drawdown-state.ts';
import type { SwitchTurn } from '../../domain/risk/kill-switch.ts';
import type { Performance } from '../../domain/risk/performance.ts';

export type RearmedDrawdown =
  | { readonly state: 'rearmed'; readonly performance: Performance }
  | { readonly state: 'notHalted' }
  | { readonly state: 'refused'; readonly reason: string };

/** Ends a halt for a drawdown, where there is one, and keeps that. */
export async function rearmKeptDrawdown(db: OpenDatabase['db'], turn: SwitchTurn): Promise<RearmedDrawdown> {
  const before = await readPerformance(db);
  if (before === null || before.drawdown.halt === null) return { state: 'notHalted' };
  const outcome = rearmDrawdown(before.drawdown, turn);
  if (outcome.state === 'refused') return outcome;
  const performance = { ...before, drawdown: outcome.drawdown };
  await savePerformance(db, performance);
  return { state: 'rearmed', performance };
}
