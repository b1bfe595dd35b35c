// The switch that stops trading, as plain data.
//
// Invariants, each held by a property test of the same words:
// 1. Only a person with a reason turns trading on again.
// 2. While the switch is on, no order is sent; cancels and look-ups go on.

import { breach, PORTFOLIO, type RiskEvaluation, within } from './risk-evaluation.ts';

/** `by` is an actor's name, or "person:…" as in the audit log. `NEVER_PULLED` before anybody turned it. */
export interface KillSwitch {
  readonly isOn: boolean;
  readonly by: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly reason: string;
}

/** Who turns it, when and why. */
export interface SwitchTurn {
  readonly by: string;
  readonly atMs: number;
  readonly reason: string;
}

export type SwitchOutcome =
  | { readonly state: 'turned'; readonly killSwitch: KillSwitch }
  | { readonly state: 'unchanged'; readonly reason: string }
  | { readonly state: 'refused'; readonly reason: string };

export const NEVER_PULLED: KillSwitch = { isOn: false, by: 'nobody', atMs: 0, reason: 'never pulled' };

/** Stops trading. Anybody may, and the first reason stays: a second pull changes nothing. */
export function pullKillSwitch(before: KillSwitch, turn: SwitchTurn): SwitchOutcome {
  if (before.isOn) return { state: 'unchanged', reason: `trading was stopped already, ${saidOf(before)}` };
  return { state: 'turned', killSwitch: { isOn: true, ...turn } };
}

/** Lets trading go on. Refused for whoever is no person, and without a reason. */
export function rearmKillSwitch(before: KillSwitch, turn: SwitchTurn): SwitchOutcome {
  const obstacle = whyNotToRearm(turn);
  if (obstacle !== null) return { state: 'refused', reason: obstacle };
  if (!before.isOn) return { state: 'unchanged', reason: 'trading is not stopped' };
  return { state: 'turned', killSwitch: { isOn: false, ...turn } };
}

/** Why someone may not turn on what a limit has stopped; null where he may. */
export function whyNotToRearm({ by, reason }: Pick<SwitchTurn, 'by' | 'reason'>): string | null {
  if (!/^person:\S/.test(by)) return `only a person re-arms, found ${by}`;
  return reason.trim() === '' ? 'a reason is needed to re-arm' : null;
}

/** What the switch asks of whoever sends orders: whether new ones may go, and whether open ones are to be cancelled. */
export const killSwitchStops = ({
  isOn,
}: KillSwitch): { readonly newOrders: boolean; readonly cancelsOpenOrders: boolean } => ({
  newOrders: isOn,
  cancelsOpenOrders: isOn,
});

/** Whether something may be sent to a venue. */
export const passesKillSwitch = ({ isOn }: KillSwitch, what: 'newOrder' | 'cancel' | 'lookUp'): boolean =>
  !isOn || what !== 'newOrder';

const saidOf = ({ by, atMs, reason }: SwitchTurn): string =>
  `by ${by} at ${new Date(atMs).toISOString()}: ${reason}`;

export function evaluateKillSwitch(killSwitch: KillSwitch): RiskEvaluation {
  const { isOn, by, atMs, reason } = killSwitch;
  if (!isOn) return within('killSwitch', PORTFOLIO, { value: 'off', bound: 'off' });
  return breach('killSwitch', PORTFOLIO, {
    value: 'on',
    bound: 'off',
    severity: 'critical',
    action: 'halt',
    reason: `trading was stopped ${saidOf({ by, atMs, reason })}`,
  });
}
