import type { Pace } from '../../src/exchanges/pace.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { RequestGate } from '../../src/resilience/request-gate.ts';

/** A gate that nobody waits at, whose deadlines pass when the test moves its clock. */
export function manualPace(): { readonly clock: TurnClock; readonly pace: Pace } {
  const clock = new TurnClock(0);
  const gate = new RequestGate({ burst: 100_000, perSecond: 100_000, concurrencyMax: 1_000, clock });
  return { clock, pace: gate.pass.bind(gate) };
}
