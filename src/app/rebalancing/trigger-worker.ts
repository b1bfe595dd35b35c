import type { Address } from '../../../actors/address.ts';
import type { RebalancingMessage } from '../../../actors/messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from '../../../actors/messages/reconciliation-messages.ts';
import type { WorkerSpec } from '../../../actors/supervisor-actor.ts';
import { type TriggerInput, triggerActor } from '../../../actors/trigger-actor.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import type { TriggerSettings } from '../portfolio/service-settings.ts';
import { venuesWithStalePrices } from './plan-input-of.ts';
import { checkTriggersOf } from './trigger-records.ts';

export interface TriggerWorkerPorts {
  readonly ports: { readonly database: OpenDatabase; readonly clock: Pick<Clock, 'now'> };
  readonly reading: () => Reading;
  readonly rebalancing: () => Address<RebalancingMessage>;
  readonly reconciliation: (venue: VenueId) => Address<ReconciliationMessage>;
}

/** A round is begun at once, and takes a venue's reading and its quiet windows. */
const REFRESH_TIMEOUT_MS = 60_000;

/** The worker that checks triggers; none where the service plans only on request. */
export function triggerWorkers(
  settings: TriggerSettings | undefined,
  { ports, reading, rebalancing, reconciliation }: TriggerWorkerPorts,
): readonly WorkerSpec[] {
  if (settings === undefined) return [];
  const { database, clock } = ports;
  const startedAtMs = clock.now();
  const input: TriggerInput = {
    check: () => checkTriggersOf({ database, settings, reading, startedAtMs }),
    rebalancing,
    reconciliation,
    venuesWithStalePrices: () => venuesWithStalePrices(reading()),
    now: clock.now,
    checkIntervalMs: settings.checkIntervalMs,
    refreshTimeoutMs: REFRESH_TIMEOUT_MS,
  };
  return [{ name: 'triggers', machine: triggerActor, input, vital: false }];
}
