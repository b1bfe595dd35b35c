import { saveKillSwitch } from '../../../db/kill-switch-repository.ts';
import { pullKillSwitch, rearmKillSwitch, type SwitchTurn } from '../../domain/risk/kill-switch.ts';
import { type Answer, done, refused } from './answer.ts';
import { type RearmedDrawdown, rearmKeptDrawdown } from './rearm-drawdown.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';

const NOT_HALTED: RearmedDrawdown = { state: 'notHalted' };

/** Stops trading, or lets it go on, also after a drawdown that halted it: the gates of every venue follow in the same transaction. */
export async function turnKillSwitch(
  to: 'on' | 'off',
  turn: SwitchTurn,
  context: RoundContext,
): Promise<Answer> {
  const { db, state, change } = context;
  const losses = to === 'on' ? NOT_HALTED : await rearmKeptDrawdown(db, turn);
  if (losses.state === 'refused') return refused(losses.reason);
  if (losses.state === 'rearmed')
    change.afterwards.push((after) => {
      after.performance = losses.performance;
    });
  const outcome =
    to === 'on' ? pullKillSwitch(state.killSwitch, turn) : rearmKillSwitch(state.killSwitch, turn);
  if (losses.state === 'rearmed' && outcome.state === 'unchanged')
    return done('trading may go on: the high-water mark is what the portfolio is now');
  if (outcome.state !== 'turned') return refused(outcome.reason);
  const { killSwitch } = outcome;
  await saveKillSwitch(db, killSwitch);
  for (const [venue, { discrepancies, lastCertifiedAtMs }] of state.venues)
    await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs, killSwitch });
  change.afterwards.push((after) => {
    after.killSwitch = killSwitch;
  });
  return done(to === 'on' ? 'trading is stopped, until somebody re-arms it' : 'trading may go on');
}
