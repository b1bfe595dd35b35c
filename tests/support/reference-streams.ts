import { referenceData } from './reference-data.ts';
import type { Fields } from './reference-scenarios.ts';

/** An order of a bot and what a venue's socket says of it. */
export interface CoinbaseStreamCase {
  readonly id: string;
  readonly local_order: Fields;
  readonly messages: readonly {
    readonly timestamp: string;
    readonly events: readonly { readonly orders: readonly Fields[] }[];
  }[];
  readonly expected: Fields;
}

export interface DydxStreamCase {
  readonly id: string;
  readonly local_order: Fields;
  readonly ws_contents: readonly {
    readonly orders?: readonly Fields[];
    readonly fills?: readonly Fields[];
  }[];
  readonly expected_events: readonly Fields[];
}

/** An account of assets and perpetual positions, and what another program counts as its cash. */
export interface CashCase {
  readonly id: string;
  readonly assetPositions: Readonly<Record<string, { readonly size: string }>>;
  readonly openPerpetualPositions: Readonly<
    Record<string, { readonly size: string; readonly entryPrice: string }>
  >;
  readonly expected_cash: Readonly<Record<string, string>>;
}

const coinbase = referenceData('reconciliation/coinbase-user-channel.cases.json') as {
  readonly cases: readonly CoinbaseStreamCase[];
} | null;

/** Null where this machine does not have them. */
export const coinbaseCases = coinbase?.cases ?? null;
export const dydxCases = referenceData('reconciliation/lean-dydx.messages.json') as
  | readonly DydxStreamCase[]
  | null;
export const cashCases = referenceData('reconciliation/lean-dydx.cash.json') as readonly CashCase[] | null;

export const STREAM_CASES: readonly string[] | null =
  coinbaseCases === null || dydxCases === null || cashCases === null
    ? null
    : [...coinbaseCases, ...dydxCases, ...cashCases].map(({ id }) => id);
