import type { SwitchTurn } from '../../domain/risk/kill-switch.ts';
import { type Answer, done, refused } from './answer.ts';
import type { RoundContext } from './round-context.ts';
import { saveSwitchTurn } from './save-switch-turn.ts';
import { setGates } from './set-gates.ts';

/** Stops trading, or lets it go on, also after a drawdown that halted it: the gates of every venue follow in the same transaction. */
export async function turnKillSwitch(
  to: 'on' | 'off',
  turn: SwitchTurn,
  context: RoundContext,
): Promise<Answer> {
  const { db, state, change } = context;
  const saved = await saveSwitchTurn(db, state.killSwitch, to, turn);
  if (saved.state === 'refused') return refused(saved.reason);
  const { performance, killSwitch } = saved;
  if (performance !== null)
    change.afterwards.push((after) => {
      after.performance = performance;
    });
  if (killSwitch === null) return done('trading may go on: the high-water mark is what the portfolio is now');
  for (const [venue, { discrepancies, lastCertifiedAtMs }] of state.venues)
    await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs, killSwitch });
  change.afterwards.push((after) => {
    after.killSwitch = killSwitch;
  });
  return done(to === 'on' ? 'trading is stopped, until somebody re-arms it' : 'trading may go on');
}
