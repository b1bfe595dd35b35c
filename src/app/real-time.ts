import type { Clock } from '../platform/clock.ts';
import type { TurnClock } from '../platform/turn-clock.ts';
import type { Intake } from '../replay/intake.ts';

/** More than this at once, and Node fires the timer immediately; longer waits are made of several. */
const WAIT_MAX_MS = 2_000_000_000;

/**
 * Lets the time of the machine pass for a service: whenever something is due, the intake gets a tick.
 *
 * `machine` gives steady time and real timers. Keeps the process alive until it is stopped.
 */
export function runInRealTime(ports: {
  readonly clock: TurnClock;
  readonly intake: Intake;
  readonly machine: Clock;
}): { readonly stop: () => void } {
  const { clock, intake, machine } = ports;
  let isStopped = false;
  let waiting: { readonly timer: unknown; readonly untilMs: number } | null = null;

  function wait(): void {
    const dueAtMs = clock.nextDueAtMs();
    if (isStopped || waiting?.untilMs === dueAtMs) return;
    if (waiting) machine.clearTimeout(waiting.timer);
    waiting = null;
    if (dueAtMs === null) return;
    const delayMs = Math.min(Math.max(0, dueAtMs - machine.now()), WAIT_MAX_MS);
    waiting = { timer: machine.setTimeout(wake, delayMs), untilMs: dueAtMs };
  }

  function wake(): void {
    waiting = null;
    const dueAtMs = clock.nextDueAtMs();
    const nowMs = machine.now();
    // A timer may fire a moment early, after a part of a long wait, or for something that was cleared since.
    if (dueAtMs === null || dueAtMs > nowMs) wait();
    else intake.submit({ kind: 'tick', atMs: nowMs });
  }

  clock.onTimersChanged(wait);
  wait();
  return {
    stop: () => {
      isStopped = true;
      if (waiting) machine.clearTimeout(waiting.timer);
      waiting = null;
    },
  };
}
