import type { ServiceSettings, VenueSettings } from '../app/portfolio/service-settings.ts';
import { amount } from '../domain/money/amount.ts';
import { DEFAULT_CORRECTION_POLICY } from '../domain/reconciliation/correction-policy.ts';
import { tradingAccountOf } from '../exchanges/dydx/dydx-scope.ts';
import { DYDX_SCOPE, PYUSD_MINT, USDC_MINT, USDC_ON_BASE } from './demo-world.ts';

/** Share of each group that the demo moves to. */
export const DEMO_TARGETS = { BTC: '0.35', ETH: '0.25', SOL: '0.2', CASH: '0.2' } as const;

const auto = { ...DEFAULT_CORRECTION_POLICY, mode: 'auto' } as const;
const common = {
  policy: auto,
  opening: 'auto',
  usesHolds: false,
  numberedAccount: null,
  sources: 1,
} as const;

const VENUES: readonly VenueSettings[] = [
  {
    ...common,
    venue: 'coinbase',
    kind: 'coinbase',
    markets: ['BTC-USD', 'ETH-USD'],
    cashAsset: 'USD',
    usesHolds: true,
  },
  {
    ...common,
    venue: 'dydx',
    kind: 'dydx',
    numberedAccount: tradingAccountOf(DYDX_SCOPE),
    markets: ['BTC-USD', 'ETH-USD'],
    cashAsset: 'USDC',
  },
  { ...common, venue: 'solana', kind: 'solana', markets: ['SOL/USDC'], cashAsset: USDC_MINT },
  { ...common, venue: 'wallet', kind: 'coinbase-wallet', markets: [], cashAsset: USDC_ON_BASE },
];

/** How the demo's service behaves: five-minute rounds, corrections by policy within the ordinary caps. */
export const DEMO_SETTINGS: ServiceSettings = {
  mode: 'demo',
  venues: VENUES,
  groups: { eth: 'ETH', [USDC_ON_BASE]: 'CASH', [PYUSD_MINT]: 'CASH' },
  targets: DEMO_TARGETS,
  limits: {
    maxSlippageBps: amount('50'),
    minTradeUsd: amount('10'),
    maxOrderUsd: amount('12000'),
    minCashPct: amount('1'),
    minCashUsd: amount('10'),
  },
  reconciliation: {
    pollIntervalMs: 300_000,
    quietWindowMs: 5_000,
    timeoutMs: 30_000,
    retryCount: 2,
    thresholdUsd: amount('0.1'),
    thresholdFraction: amount('0.001'),
    combine: 'or',
    dustUsd: amount('0.01'),
    confirmations: 2,
    approvalTimeLimitMs: 86_400_000,
    gateTimeLimitMs: 900_000,
  },
  wrappedPairs: [{ native: 'SOL', wrapped: 'So11111111111111111111111111111111111111112' }],
};
