import type { ServiceSettings, VenueSettings } from '../../src/app/portfolio/service-settings.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import { DEFAULT_CORRECTION_POLICY } from '../../src/domain/reconciliation/correction-policy.ts';

export function serviceSettings(
  venues: readonly Partial<VenueSettings>[],
  more: Partial<ServiceSettings> = {},
): ServiceSettings {
  return {
    mode: 'demo',
    venues: venues.map((venue) => ({
      venue: 'coinbase',
      kind: 'coinbase',
      numberedAccount: null,
      policy: { ...DEFAULT_CORRECTION_POLICY, mode: 'auto' },
      opening: 'auto',
      markets: [],
      cashAsset: null,
      usesHolds: true,
      sources: 1,
      ...venue,
    })),
    groups: {},
    targets: {},
    limits: DEFAULT_LIMITS,
    reconciliation: {
      pollIntervalMs: 300_000,
      quietWindowMs: 5_000,
      timeoutMs: 30_000,
      retryCount: 2,
      thresholdUsd: amount('10'),
      thresholdFraction: amount('0.001'),
      combine: 'or',
      dustUsd: amount('1'),
      confirmations: 2,
      approvalTimeLimitMs: 86_400_000,
      gateTimeLimitMs: 900_000,
    },
    wrappedPairs: [],
    ...more,
  };
}
