import { saveKillSwitch } from '../../../db/kill-switch-repository.ts';
import { describeForcedFill, newForcedFills } from '../../domain/risk/forced-fills.ts';
import { type KillSwitch, pullKillSwitch } from '../../domain/risk/kill-switch.ts';
import type { Fill } from '../../domain/venue/venue.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';

/**
 * Stops trading where a venue has liquidated or deleveraged, until a person has looked and re-arms it; in the
 * transaction of the read that shows it. Resolves with the switch as it stands then. The gates of the venue itself are
 * left to the caller, who sets them by that.
 */
export async function haltOnForcedFills(
  venue: string,
  fills: readonly Fill[],
  context: RoundContext,
): Promise<KillSwitch> {
  const { db, state, nowMs, change } = context;
  const { lastSnapshot } = memoryOf(state, venue);
  const known = lastSnapshot?.value.fills ?? null;
  const [first, ...others] = newForcedFills(fills, { known, killSwitch: state.killSwitch });
  if (first === undefined) return state.killSwitch;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const turn = {
    by: `reconciliation:${venue}`,
    atMs: nowMs,
    reason: `${venue}: ${describeForcedFill(first)}${more}`,
  };
  const { by, reason } = turn;
  const fillIds = [first, ...others].map(({ id }) => id);
  change.audit.push({ atMs: nowMs, actor: by, kind: 'positionForced', body: { venue, reason, fillIds } });
  const outcome = pullKillSwitch(state.killSwitch, turn);
  if (outcome.state !== 'turned') return state.killSwitch;
  const { killSwitch } = outcome;
  await saveKillSwitch(db, killSwitch);
  for (const [other, { discrepancies, lastCertifiedAtMs }] of state.venues)
    if (other !== venue) await setGates(other, discrepancies, { ...context, lastCertifiedAtMs, killSwitch });
  change.announcements.push({ type: 'tradingStopped', atMs: nowMs, by, reason });
  change.afterwards.push((after) => {
    after.killSwitch = killSwitch;
  });
  return killSwitch;
}
