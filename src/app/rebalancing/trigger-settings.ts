import type { Trigger } from '../../domain/rebalancing/triggers/trigger.ts';
import type { WrittenConfiguration } from '../configuration-schema.ts';
import type { TriggerSettings } from '../portfolio/service-settings.ts';

type Written = WrittenConfiguration['rebalancing'];

/** When the service plans by itself, as it is written; null where no trigger is. */
export function triggerSettingsOf(written: Written): TriggerSettings | null {
  const triggers = triggersOf(written.triggers);
  if (triggers.length === 0) return null;
  return {
    triggers,
    combination: written.combine,
    gates: {
      confirmations: written.confirmations,
      confirmationSpacingMs: milliseconds(written.confirmationSpacingSeconds),
      minIntervalMs: milliseconds(written.minIntervalSeconds),
    },
    checkIntervalMs: milliseconds(written.checkIntervalSeconds),
    approval: written.approval === 'auto' ? { kind: 'policy', limits: written.autoApprove } : { kind: 'ask' },
  };
}

function triggersOf({
  hybrid,
  absolute,
  relative,
  total,
  calendar,
  bands,
  trackingError,
  cashFlow,
  risk,
}: Written['triggers']): readonly Trigger[] {
  return [
    ...(hybrid ? [{ kind: 'hybrid525' as const }] : []),
    ...(absolute === undefined ? [] : [{ kind: 'absolute' as const, halfWidth: absolute }]),
    ...(relative === undefined ? [] : [{ kind: 'relative' as const, share: relative }]),
    ...(total === undefined ? [] : [{ kind: 'total' as const, threshold: total }]),
    ...(bands ? [{ kind: 'bands' as const, halfWidths: {} }] : []),
    ...(trackingError === undefined ? [] : [{ kind: 'trackingError' as const, annualMax: trackingError }]),
    ...(cashFlow === undefined ? [] : [{ kind: 'cashFlow' as const, ...cashFlow }]),
    ...(risk ? [{ kind: 'risk' as const }] : []),
    ...(calendar === undefined ? [] : [calendarOf(calendar)]),
  ];
}

function calendarOf(written: NonNullable<Written['triggers']['calendar']>): Trigger {
  const { every, day = 1, weekday = 1, at, zone, catchUp, minDrift } = written;
  const time = { zone, hour: Number(at.slice(0, 2)), minute: Number(at.slice(3)) };
  const schedule =
    every === 'day'
      ? { every, ...time }
      : every === 'week'
        ? { every, weekday, ...time }
        : { every, day, ...time };
  const asked = { kind: 'calendar', schedule, catchUp } as const;
  return minDrift === undefined ? { ...asked, force: true } : { ...asked, force: false, minDrift };
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1_000);
