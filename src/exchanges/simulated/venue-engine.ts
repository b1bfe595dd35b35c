// The truth of one simulated venue. Deterministic: the same options, the same calls at the same times, the same
// answers to the last byte.
//
// Invariants, each held by a property test:
// 1. What the account gains somebody else loses: balances and counterparty add up to the opening balances.
// 2. Available and hold of a spot asset are never negative.
// 3. The same client order id gives the same order again, unchanged.

import { assert } from '../../domain/assert.ts';
import {
  type Amount,
  absolute,
  isLess,
  isPositive,
  multiply,
  negate,
  round,
} from '../../domain/money/amount.ts';
import type { Activity, AssetId, Fill, Position, VenueId } from '../../domain/venue/venue.ts';
import { type MarketRules, midPrice, quoteMarket } from './market-rules.ts';
import { createOrderDesk } from './order-desk.ts';
import { freeCollateral } from './perpetual-margin.ts';
import { type AssetAmount, createSimulatedAccounts } from './simulated-accounts.ts';
import { simulatedId } from './simulated-id.ts';
import type { FundingPayment, PriceFeed, SimulatedVenue } from './simulated-venue.ts';

export interface SimulatedVenueOptions {
  readonly venue: VenueId;
  /** Enters every id; "0" where none is given. */
  readonly seed?: string;
  readonly now: () => number;
  readonly prices: PriceFeed;
  readonly markets: readonly MarketRules[];
  /** Opening balances, all available. An asset at zero is listed too. */
  readonly balances: Readonly<Record<AssetId, Amount>>;
  /** Opening positions; their notional is already settled in the opening collateral. */
  readonly positions?: readonly Position[];
  /** Fees are rounded up to this many decimals; exact where none are given. */
  readonly feeDecimals?: number;
  /** Funding payments are rounded towards zero to this many decimals; exact where none are given. */
  readonly fundingDecimals?: number;
}

export interface SimulatedVenueEngine extends SimulatedVenue {
  /** Fills resting orders whose price has come. Every read does the same when time has moved. */
  advance(): void;
  /** The price between bid and ask: what margin and funding are reckoned with. */
  oraclePrice(market: string): Amount;
  /** Equity less initial margin in one collateral. */
  freeCollateral(asset: AssetId): Amount;
  /** What everyone else holds, relative to the start. */
  counterparty(): readonly AssetAmount[];
}

const FIRST_HEIGHT = 1_000_000;

/** Makes a venue at the time that `now` tells; that is its first block. */
export function createSimulatedVenue(options: SimulatedVenueOptions): SimulatedVenueEngine {
  const { venue, seed = '0', now, prices, fundingDecimals } = options;
  const startedAtMs = now();
  const markets = new Map(options.markets.map((rules) => [rules.market, rules]));
  const positions = new Map((options.positions ?? []).map((position) => [position.market, position]));
  const perpetuals = options.markets.filter(({ kind }) => kind === 'perpetual');
  const mayBeOwed = new Set(perpetuals.map(({ quote }) => quote));
  const accounts = createSimulatedAccounts({ opening: options.balances, mayBeOwed, now });
  const counters = new Map<string, number>();
  const transfers: (Activity & { readonly height: number })[] = [];
  const fundingPayments: FundingPayment[] = [];
  const height = () => FIRST_HEIGHT + Math.floor((now() - startedAtMs) / 1_000);
  const desk = createOrderDesk({
    accounts,
    positions,
    markets,
    prices,
    feeDecimals: options.feeDecimals ?? null,
    now,
    height,
    nextId,
  });
  let advancedAtMs = startedAtMs;

  function nextId(kind: string): string {
    const counter = (counters.get(kind) ?? 0) + 1;
    counters.set(kind, counter);
    return simulatedId({ venue, seed, kind, counter });
  }

  function advance(): void {
    // A machine's clock may be set back a little; what rests then waits until it has caught up.
    if (now() <= advancedAtMs) return;
    advancedAtMs = now();
    desk.matchResting();
  }

  function freeCollateralOf(asset: AssetId): Amount {
    return freeCollateral({
      collateral: asset,
      balance: accounts.available(asset),
      positions: [...positions.values()],
      markets,
      prices,
      atMs: now(),
    });
  }

  function rulesOf(market: string): MarketRules {
    const rules = markets.get(market);
    assert(rules !== undefined, `${venue} has the market ${market}`);
    return rules;
  }

  function transfer(kind: 'deposit' | 'withdrawal', delta: AssetAmount): Activity {
    accounts.change(delta);
    const activity: Activity = { id: nextId(kind), kind, deltas: [delta], atMs: now() };
    transfers.push({ ...activity, height: height() });
    return activity;
  }

  function payFunding(position: Position, rate: Amount): FundingPayment {
    const rules = rulesOf(position.market);
    const oraclePrice = midPrice(rules, prices, now());
    // Longs pay shorts while the rate is positive.
    const owed = negate(multiply(multiply(position.size, oraclePrice), rate));
    const payment = fundingDecimals === undefined ? owed : round(owed, fundingDecimals, 'down');
    accounts.change({ asset: rules.quote, amount: payment });
    return {
      id: nextId('funding'),
      market: position.market,
      size: position.size,
      oraclePrice,
      rate,
      payment,
      atMs: now(),
      height: height(),
    };
  }

  /** Its orders are the venue's: no face lists them among the account's. */
  const liquidations = new Set<string>();
  const asForced = (fill: Fill & { readonly height: number }) =>
    liquidations.has(fill.orderId) ? { ...fill, orderId: '', forcedBy: 'liquidation' as const } : fill;

  function liquidate(market: string): void {
    const position = positions.get(market);
    assert(position !== undefined, `${venue} has a position in ${market}`);
    const { bid, ask } = quoteMarket(rulesOf(market), prices, now());
    const { id, status } = desk.submit({
      clientOrderId: nextId('liquidation'),
      market,
      side: position.side === 'long' ? 'sell' : 'buy',
      quantity: absolute(position.size),
      limitPrice: position.side === 'long' ? bid : ask,
      timeInForce: 'immediateOrCancel',
      reduceOnly: true,
    });
    assert(status === 'filled', `a liquidation fills at once: ${status}`);
    liquidations.add(id);
  }

  const sortedPositions = () => [...positions.values()].sort((a, b) => (a.market < b.market ? -1 : 1));
  /** Every read sees what the time that passed has brought. */
  const current = <T>(read: () => T): T => {
    advance();
    return read();
  };

  return {
    venue,
    now,
    height,
    advance,
    markets: () => current(() => options.markets.map((rules) => quoteMarket(rules, prices, now()))),
    balances: () => current(() => accounts.balances()),
    positions: () => current(sortedPositions),
    orders: () => current(() => desk.orders()),
    fills: () => current(() => desk.fills().map(asForced)),
    transfers: () => current(() => transfers.toReversed()),
    fundingPayments: () => current(() => fundingPayments.toReversed()),
    submit: (request) => current(() => desk.submit(request)),
    cancel: (orderId) => current(() => desk.cancel(orderId)),
    liquidate: (market) => current(() => liquidate(market)),
    limitNextFill: (share) => desk.limitNextFill(share),
    deposit(asset, amount) {
      assert(isPositive(amount), `a deposit is positive: ${amount} ${asset}`);
      return current(() => transfer('deposit', { asset, amount }));
    },
    withdraw(asset, amount) {
      assert(isPositive(amount), `a withdrawal is positive: ${amount} ${asset}`);
      advance();
      const free = mayBeOwed.has(asset) ? freeCollateralOf(asset) : accounts.available(asset);
      assert(!isLess(free, amount), `a withdrawal is covered: ${amount} of ${free} ${asset}`);
      return transfer('withdrawal', { asset, amount: negate(amount) });
    },
    settleFunding(rate) {
      advance();
      const payments = sortedPositions().map((position) => payFunding(position, rate));
      fundingPayments.push(...payments);
      return payments;
    },
    oraclePrice: (market) => midPrice(rulesOf(market), prices, now()),
    freeCollateral: (asset) => current(() => freeCollateralOf(asset)),
    counterparty: () => current(() => accounts.counterparty()),
  };
}
