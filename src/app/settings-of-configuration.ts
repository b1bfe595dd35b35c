import type { CorrectionPolicy } from '../domain/reconciliation/correction-policy.ts';
import type { AssetId, VenueKind } from '../domain/venue/venue.ts';
import { tradingAccountOf } from '../exchanges/dydx/dydx-scope.ts';
import type { Configuration } from './configuration.ts';
import type { Mode, ServiceSettings, VenueSettings } from './portfolio/service-settings.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

/** Between two rounds of a venue whose schedule is switched off: a century. It is still reconciled on request. */
const NEVER_MS = 3_155_760_000_000;

/** SOL in the wallet itself and SOL that a program has wrapped. */
const WRAPPED_SOL = { native: 'SOL', wrapped: 'So11111111111111111111111111111111111111112' } as const;

/** Venues that set balances aside for open orders; dYdX nets margin, chains settle at once. */
const USES_HOLDS: Readonly<Record<VenueKind, boolean>> = {
  coinbase: true,
  'coinbase-wallet': false,
  dydx: false,
  solana: false,
  statement: true,
};

/** How the service behaves under a configuration. Holds no secret. */
export function serviceSettingsOf(configuration: Configuration, mode: Mode): ServiceSettings {
  const { venues, reconciliation, targets, targeting, groups, limits, limitsWritten } = configuration;
  const { rebalancing, tax, valuations, alerts } = configuration;
  const { intervalMs, isEnabled, quietWindowMs, timeoutMs, retryCount, gateTimeLimitMs } = reconciliation;
  const { thresholdUsd, thresholdFraction, combine, dustUsd, confirmations, approvalTimeLimitMs } =
    reconciliation;
  return {
    mode,
    venues: venues.map((venue) => venueSettingsOf(venue, reconciliation.autoCorrect)),
    groups,
    targets,
    ...(targeting === null ? {} : { targeting }),
    limits,
    limitsWritten,
    reconciliation: {
      pollIntervalMs: isEnabled ? intervalMs : NEVER_MS,
      quietWindowMs,
      timeoutMs,
      retryCount,
      thresholdUsd,
      thresholdFraction,
      combine,
      dustUsd,
      confirmations,
      approvalTimeLimitMs,
      gateTimeLimitMs,
    },
    execution: rebalancing.execution,
    ...(rebalancing.triggers === null ? {} : { triggers: rebalancing.triggers }),
    ...(tax === null ? {} : { tax }),
    ...(rebalancing.planning.destination === 'target' && rebalancing.planning.bands === undefined
      ? {}
      : { planning: rebalancing.planning }),
    ...(rebalancing.returnsAgeMaxMs === null ? {} : { returnsAgeMaxMs: rebalancing.returnsAgeMaxMs }),
    valuations,
    alerts: alerts.settings,
    wrappedPairs: venues.some(({ kind }) => kind === 'solana') ? [WRAPPED_SOL] : [],
  };
}

function venueSettingsOf(
  venue: VenueConfiguration,
  { maxUsd, maxNavFraction, maxPerAssetPerDay }: Configuration['reconciliation']['autoCorrect'],
): VenueSettings {
  const policy: CorrectionPolicy = {
    mode: venue.policy,
    valueMaxUsd: maxUsd,
    navShareMax: maxNavFraction,
    perAssetAndDayMax: maxPerAssetPerDay,
  };
  return {
    venue: venue.id,
    kind: venue.kind,
    numberedAccount: venue.kind === 'dydx' ? tradingAccountOf(venue.scope) : null,
    policy,
    opening: venue.opening,
    markets: venue.markets,
    cashAsset: cashAssetOf(venue),
    usesHolds: USES_HOLDS[venue.kind],
    sources: venue.kind === 'solana' ? venue.rpcUrls.length : 1,
  };
}

/** Wallets and statements are only read. */
const cashAssetOf = (venue: VenueConfiguration): AssetId | null =>
  venue.kind === 'coinbase-wallet' || venue.kind === 'statement' ? null : venue.cashAsset;
