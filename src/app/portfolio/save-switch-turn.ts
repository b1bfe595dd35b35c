import type { OpenDatabase } from '../../../db/database.ts';
import { saveKillSwitch } from '../../../db/kill-switch-repository.ts';
import {
  type KillSwitch,
  pullKillSwitch,
  rearmKillSwitch,
  type SwitchTurn,
} from '../../domain/risk/kill-switch.ts';
import type { Performance } from '../../domain/risk/performance.ts';
import { rearmKeptDrawdown } from './rearm-drawdown.ts';

/** What turning the switch has changed; null for what stands as it was. */
export type SavedTurn =
  | { readonly state: 'refused'; readonly reason: string }
  | {
      readonly state: 'saved';
      readonly killSwitch: KillSwitch | null;
      readonly performance: Performance | null;
    };

/** Stops trading, or lets it go on, also after a drawdown that halted it, and keeps that. */
export async function saveSwitchTurn(
  db: OpenDatabase['db'],
  before: KillSwitch,
  to: 'on' | 'off',
  turn: SwitchTurn,
): Promise<SavedTurn> {
  const losses = to === 'on' ? ({ state: 'notHalted' } as const) : await rearmKeptDrawdown(db, turn);
  if (losses.state === 'refused') return losses;
  const performance = losses.state === 'rearmed' ? losses.performance : null;
  const outcome = to === 'on' ? pullKillSwitch(before, turn) : rearmKillSwitch(before, turn);
  if (outcome.state === 'turned') {
    await saveKillSwitch(db, outcome.killSwitch);
    return { state: 'saved', killSwitch: outcome.killSwitch, performance };
  }
  if (outcome.state === 'unchanged' && performance !== null)
    return { state: 'saved', killSwitch: null, performance };
  return { state: 'refused', reason: outcome.reason };
}
