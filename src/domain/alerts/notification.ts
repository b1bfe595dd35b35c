import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import type { Alert } from './alert.ts';
import type { AlertLevel } from './alert-codes.ts';

/**
 * Why an alert is told. `repeated`: it still holds after its cooldown. `reopened`: it came back within its cooldown.
 * `passed`: it was opened and resolved before it could be told, in quiet hours.
 */
export type TellingReason = 'opened' | 'worsened' | 'repeated' | 'reopened' | 'resolved' | 'passed';

export interface Telling {
  readonly reason: TellingReason;
  /** As it was when it was told. */
  readonly alert: Alert;
}

/** One message for people: one alert, or the digest of several of one level. */
export interface Notification {
  /** SHA-256 of what is told and when: a receiver that has it drops it the second time. */
  readonly id: string;
  readonly atMs: number;
  readonly level: AlertLevel;
  readonly kind: 'single' | 'digest';
  readonly tellings: readonly Telling[];
}

export function makeNotification(
  kind: Notification['kind'],
  level: AlertLevel,
  tellings: readonly Telling[],
  atMs: number,
): Notification {
  const content = tellings.map(({ reason, alert }) => [reason, alert.id, alert.told.times]);
  return { id: sha256Hex(canonicalJson([atMs, level, content])), atMs, level, kind, tellings };
}
