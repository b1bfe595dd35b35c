import type { Address } from '../../../actors/address.ts';
import type { Announcement } from '../../../actors/messages/announcements.ts';
import type { PortfolioMessage } from '../../../actors/messages/portfolio-messages.ts';
import type { ReconciliationMessage } from '../../../actors/messages/reconciliation-messages.ts';
import { rebalancingActor } from '../../../actors/rebalancing-actor.ts';
import type { RebalancingInput } from '../../../actors/rebalancing-context.ts';
import type { WorkerSpec } from '../../../actors/supervisor-actor.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { Exchange } from '../../exchanges/exchange.ts';
import type { Clock } from '../../platform/clock.ts';
import type { PortfolioState } from '../portfolio/portfolio-state.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { executionSettingsOf, type ServiceSettings } from '../portfolio/service-settings.ts';
import { rebalancingRecords } from './rebalancing-records.ts';

export interface RebalancingWorkerPorts {
  readonly ports: { readonly database: OpenDatabase; readonly clock: Clock };
  readonly settings: ServiceSettings;
  readonly state: PortfolioState;
  readonly reading: () => Reading;
  /** Must not throw. */
  readonly announce: (announcement: Announcement) => void;
  readonly portfolio: () => Address<PortfolioMessage>;
  readonly reconciliation: (venue: VenueId) => Address<ReconciliationMessage>;
  readonly exchangeOf: (venue: VenueId) => Exchange;
}

const LOOK_UP_INTERVAL_MS = 2_000;
const CERTIFICATION_TIMEOUT_MS = 180_000;
const APPROVAL_TIMEOUT_MS = 600_000;

/** The worker that plans and carries plans out. */
export function rebalancingWorker({
  ports: { database, clock },
  settings,
  state,
  reading,
  announce,
  portfolio,
  reconciliation,
  exchangeOf,
}: RebalancingWorkerPorts): WorkerSpec {
  const input: RebalancingInput = {
    venues: settings.venues.map(({ venue }) => venue),
    portfolio,
    reconciliation,
    announce,
    sendsOrders: settings.mode !== 'paper',
    lookUpIntervalMs: LOOK_UP_INTERVAL_MS,
    certificationTimeoutMs: CERTIFICATION_TIMEOUT_MS,
    approvalTimeoutMs: APPROVAL_TIMEOUT_MS,
    replansMax: executionSettingsOf(settings).replansMax,
    work: rebalancingRecords({ database, settings, reading, now: clock.now }),
    exchangeOf,
    clock,
    timeoutMs: settings.reconciliation.timeoutMs,
    setUnderWay: (isUnderWay) => {
      state.isRebalanceUnderWay = isUnderWay;
    },
    setOutcomeUnknown: (clientOrderId, isUnknown) => {
      if (isUnknown) state.unknownOutcomes.add(clientOrderId);
      else state.unknownOutcomes.delete(clientOrderId);
    },
  };
  return { name: 'rebalancing', machine: rebalancingActor, input, vital: false };
}
