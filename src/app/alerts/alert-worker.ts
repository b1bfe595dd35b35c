import { type AlertInput, alertActor } from '../../../actors/alert-actor.ts';
import type { Announcement } from '../../../actors/messages/announcements.ts';
import type { WorkerSpec } from '../../../actors/supervisor-actor.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { checkAlerts } from './alert-records.ts';
import type { AlertSettings } from './alert-settings.ts';
import type { ServiceSigns } from './service-signs.ts';

export interface AlertWorkerPorts {
  readonly ports: { readonly database: OpenDatabase; readonly clock: Pick<Clock, 'now'> };
  readonly reading: () => Reading;
  readonly announce: (announcement: Announcement) => void;
  readonly signs: ServiceSigns;
}

/** The worker that looks for what people have to know; none where nobody configured any. Losing it stops nothing else. */
export function alertWorkers(
  settings: AlertSettings | undefined,
  { ports, reading, announce, signs }: AlertWorkerPorts,
): readonly WorkerSpec[] {
  if (settings === undefined) return [];
  const { database, clock } = ports;
  const startedAtMs = clock.now();
  const input: AlertInput = {
    check: () => checkAlerts({ database, settings, reading, signs, startedAtMs }),
    checkIntervalMs: settings.checkIntervalMs,
    announce,
  };
  return [{ name: 'alerts', machine: alertActor, input, vital: false }];
}
