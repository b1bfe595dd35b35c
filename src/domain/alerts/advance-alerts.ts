// What becomes of alerts with what is seen now, and who has to be told.
//
// Invariants, each held by a property test of the same words:
// 1. Every alert that is opened is told at least once.
// 2. An alert is never told again within its cooldown unless it has worsened.
// 3. What was told to be there is told to be over, once it is.
// 4. What could not be judged neither opens nor ends an alert.
// 5. Nothing but what is critical is told within quiet hours.

import { type Alert, alertIdOf, keyOf } from './alert.ts';
import { ALERT_LEVELS, type AlertLevel, termsOf } from './alert-codes.ts';
import { isRecovered, isWorse, worseOf } from './measure.ts';
import { makeNotification, type Notification, type Telling } from './notification.ts';
import type { Observations, Occurrence, Sighting } from './observation.ts';
import { isQuiet, type QuietHours } from './quiet-hours.ts';
import { told, whyToTell } from './telling.ts';

export interface AlertPolicy {
  /** How long an alert that still holds is not told again. */
  readonly cooldownMs: Readonly<Record<AlertLevel, number>>;
  /** Null: there are none. */
  readonly quietHours: QuietHours | null;
}

/** REBALANCING.md §3h. */
export const DEFAULT_COOLDOWN_MS: AlertPolicy['cooldownMs'] = {
  critical: 300_000,
  warning: 3_600_000,
  info: 86_400_000,
};

/** What only happened is over when it has not happened again for so long. */
export const OCCURRENCE_STANDS_MS = 3_600_000;
/** More of one level at once are told in one message. */
export const SINGLES_MAX = 5;

export interface AlertState {
  /** By key: what is open, and what was resolved a short while ago. */
  readonly alerts: ReadonlyMap<string, Alert>;
  /** Whether the last look was within quiet hours. */
  readonly wasQuiet: boolean;
}

export const NO_ALERTS: AlertState = { alerts: new Map(), wasQuiet: false };

export interface AlertChange {
  readonly change: 'opened' | 'worsened' | 'reopened' | 'resolved';
  readonly alert: Alert;
}

export interface AdvancedAlerts {
  readonly state: AlertState;
  /** At once and whatever the hour, for programs. */
  readonly changes: readonly AlertChange[];
  /** For people. */
  readonly notifications: readonly Notification[];
}

export function advanceAlerts(
  before: AlertState,
  { looks, occurrences }: Observations,
  nowMs: number,
  policy: AlertPolicy,
): AdvancedAlerts {
  const alerts = new Map(before.alerts);
  const changes: AlertChange[] = [];
  const follow = (next: Alert | null, change: AlertChange['change'] | null): void => {
    if (next === null) return;
    alerts.set(keyOf(next), next);
    if (change !== null) changes.push({ change, alert: next });
  };
  for (const look of looks) {
    const found = worstByKey(look.sightings);
    for (const [key, sighting] of found) {
      const alert = alerts.get(key) ?? null;
      const [next, change] = see(alert, sighting, nowMs, policy);
      follow(next, change);
    }
    if (!look.isWhole) continue;
    for (const [key, alert] of alerts)
      if (alert.code === look.code && alert.state === 'open' && !found.has(key))
        follow(resolve(alert, nowMs), 'resolved');
  }
  for (const occurrence of occurrences) {
    const [next, change] = happen(alerts.get(keyOf(occurrence)) ?? null, occurrence, nowMs, policy);
    follow(next, change);
  }
  for (const alert of alerts.values()) if (isPast(alert, nowMs)) follow(resolve(alert, nowMs), 'resolved');
  const quiet = policy.quietHours !== null && isQuiet(policy.quietHours, nowMs);
  const tellings = tell(alerts, { nowMs, policy, quiet });
  for (const [key, alert] of alerts) if (isOver(alert, nowMs, policy)) alerts.delete(key);
  return {
    state: { alerts, wasQuiet: quiet },
    changes,
    notifications: bundle(tellings, { isDigest: before.wasQuiet && !quiet, nowMs }),
  };
}

/** A person knows of it: it is not repeated until it is worse than now, or over. */
export function acknowledgeAlert(
  alert: Alert,
  by: { readonly by: string; readonly reason: string; readonly atMs: number },
): Alert {
  return { ...alert, acknowledgement: by, told: { ...alert.told, mark: alert.measure } };
}

type Step = readonly [Alert | null, AlertChange['change'] | null];

function see(alert: Alert | null, sighting: Sighting, nowMs: number, policy: AlertPolicy): Step {
  const { detail, measure } = sighting;
  if (alert === null || isOver(alert, nowMs, policy))
    return sighting.isBreached ? [open(sighting, nowMs), 'opened'] : [null, null];
  if (alert.state === 'resolved') {
    if (!sighting.isBreached) return [null, null];
    return [worsen({ ...alert, detail, measure, state: 'open', resolvedAtMs: null }), 'reopened'];
  }
  if (!sighting.isBreached && (measure === null || isRecovered(measure)))
    return [resolve({ ...alert, detail, measure }, nowMs), 'resolved'];
  const next = worsen({ ...alert, detail, measure });
  return [next, next.told.owesWorsened && next.told.mark !== alert.told.mark ? 'worsened' : null];
}

/** Marks it where it is worse by a fifth than when it was last told or acknowledged. */
function worsen(alert: Alert): Alert {
  const { measure, told: of } = alert;
  if (measure === null || of.mark === null || !isWorse(measure, of.mark)) return alert;
  return { ...alert, acknowledgement: null, told: { ...of, mark: measure, owesWorsened: true } };
}

function happen(alert: Alert | null, occurrence: Occurrence, nowMs: number, policy: AlertPolicy): Step {
  const { detail, atMs } = occurrence;
  if (alert === null || isOver(alert, nowMs, policy))
    return [{ ...open({ ...occurrence, measure: null }, nowMs), lastHappenedAtMs: atMs }, 'opened'];
  const again = {
    ...alert,
    detail,
    occurrences: alert.occurrences + 1,
    lastHappenedAtMs: Math.max(atMs, alert.lastHappenedAtMs ?? atMs),
  };
  if (alert.state === 'open') return [again, null];
  return [{ ...again, state: 'open', resolvedAtMs: null }, 'reopened'];
}

function open(
  {
    code,
    asset,
    venue,
    about,
    detail,
    measure,
  }: Pick<Sighting, 'detail' | 'measure'> & Omit<Occurrence, 'atMs'>,
  nowMs: number,
): Alert {
  const subject = { code, asset, venue, about };
  return {
    ...subject,
    id: alertIdOf(subject, nowMs),
    level: termsOf(code).level,
    state: 'open',
    detail,
    measure,
    openedAtMs: nowMs,
    resolvedAtMs: null,
    occurrences: 1,
    lastHappenedAtMs: null,
    acknowledgement: null,
    told: { raisedAtMs: null, last: null, mark: measure, owesWorsened: false, occurrences: 0, times: 0 },
  };
}

const resolve = (alert: Alert, nowMs: number): Alert => ({
  ...alert,
  state: 'resolved',
  resolvedAtMs: nowMs,
  acknowledgement: null,
  told: { ...alert.told, owesWorsened: false },
});

const isPast = ({ state, lastHappenedAtMs }: Alert, nowMs: number): boolean =>
  state === 'open' && lastHappenedAtMs !== null && nowMs - lastHappenedAtMs >= OCCURRENCE_STANDS_MS;

/** Whether it may be told that something is there: a cooldown has passed since it was last. */
const isCool = (
  { level, told: { raisedAtMs } }: Alert,
  nowMs: number,
  { cooldownMs }: AlertPolicy,
): boolean => raisedAtMs !== null && nowMs - raisedAtMs >= cooldownMs[level];

/** All of it was told, and if it came back it would be another alert: it is forgotten. */
const isOver = (alert: Alert, nowMs: number, policy: AlertPolicy): boolean =>
  alert.state === 'resolved' && alert.told.last === 'resolved' && isCool(alert, nowMs, policy);

function tell(
  alerts: Map<string, Alert>,
  { nowMs, policy, quiet }: { readonly nowMs: number; readonly policy: AlertPolicy; readonly quiet: boolean },
): readonly Telling[] {
  const tellings: Telling[] = [];
  for (const [key, alert] of alerts) {
    if (quiet && alert.level !== 'critical') continue;
    const reason = whyToTell(alert, nowMs, policy.cooldownMs[alert.level]);
    if (reason === null) continue;
    const next = told(alert, nowMs);
    alerts.set(key, next);
    tellings.push({ reason, alert: next });
  }
  return tellings;
}

/** One message each; in digests what quiet hours have held back, and what is too much at once. */
function bundle(
  tellings: readonly Telling[],
  { isDigest, nowMs }: { readonly isDigest: boolean; readonly nowMs: number },
): readonly Notification[] {
  return ALERT_LEVELS.flatMap((level) => {
    const own = tellings.filter(({ alert }) => alert.level === level);
    const held = isDigest && level !== 'critical';
    if (own.length > SINGLES_MAX || (held && own.length > 0))
      return [makeNotification('digest', level, own, nowMs)];
    return own.map((telling) => makeNotification('single', level, [telling], nowMs));
  });
}

/** Several sightings of one subject are one: of those that hold, the worst. */
function worstByKey(sightings: readonly Sighting[]): ReadonlyMap<string, Sighting> {
  const found = new Map<string, Sighting>();
  for (const sighting of sightings) {
    const key = keyOf(sighting);
    const other = found.get(key);
    found.set(key, other === undefined ? sighting : worse(other, sighting));
  }
  return found;
}

function worse(a: Sighting, b: Sighting): Sighting {
  if (a.isBreached !== b.isBreached) return a.isBreached ? a : b;
  if (a.measure === null || b.measure === null) return a;
  return worseOf(a.measure, b.measure) === a.measure ? a : b;
}
