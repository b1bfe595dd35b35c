// Orders of one account from acceptance to their end: holds, matching, settlement.
//
// Invariants:
// 1. An order holds what its worst fill takes, until it ends; what is held is spent by that order alone.
// 2. A buy never pays more than its limit, a sell never takes less.
// 3. The same client order id gives the same order again, unchanged.

import { assert } from '../../domain/assert.ts';
import {
  type Amount,
  add,
  amount,
  compare,
  floorToStep,
  isLess,
  isNegative,
  isPositive,
  maximum,
  multiply,
  negate,
  subtract,
  ZERO,
} from '../../domain/money/amount.ts';
import type { Fee, Fill, Position } from '../../domain/venue/venue.ts';
import { feeOn, type MarketRules, quoteMarket } from './market-rules.ts';
import { fillableQuantity, refusalOf, takerPrice } from './order-rules.ts';
import { isCovered } from './perpetual-margin.ts';
import { applyFill, isReducing } from './perpetual-position.ts';
import { type AssetAmount, netOf, opposite, type SimulatedAccounts } from './simulated-accounts.ts';
import type { PriceFeed, SimulatedOrder, SimulatedOrderRequest, SimulatedVenue } from './simulated-venue.ts';

export interface OrderDeskOptions {
  readonly accounts: SimulatedAccounts;
  /** By market; the desk is the only one that changes it. */
  readonly positions: Map<string, Position>;
  readonly markets: ReadonlyMap<string, MarketRules>;
  readonly prices: PriceFeed;
  readonly feeDecimals: number | null;
  readonly now: () => number;
  readonly height: () => number;
  readonly nextId: (kind: string) => string;
}

export interface OrderDesk
  extends Pick<SimulatedVenue, 'submit' | 'cancel' | 'limitNextFill' | 'orders' | 'fills'> {
  /** Fills what rests and whose price has come. */
  matchResting(): void;
}

type RecordedFill = Fill & { readonly height: number };
interface Terms {
  readonly quantity: Amount;
  readonly price: Amount;
  /** Price that the fee is reckoned with. */
  readonly feePrice: Amount;
}

export function createOrderDesk(options: OrderDeskOptions): OrderDesk {
  const { accounts, positions, markets, prices, feeDecimals, now, height, nextId } = options;
  const orders = new Map<string, SimulatedOrder>();
  const idsByClientOrderId = new Map<string, string>();
  const resting = new Set<string>();
  const holds = new Map<string, readonly AssetAmount[]>();
  const fills: RecordedFill[] = [];
  let nextFillShare: Amount | null = null;

  function put(order: SimulatedOrder): SimulatedOrder {
    const updated = { ...order, updatedAtMs: now(), updatedAtHeight: height() };
    orders.set(order.id, updated);
    if (updated.status === 'open') resting.add(order.id);
    else resting.delete(order.id);
    return updated;
  }

  function submit(request: SimulatedOrderRequest): SimulatedOrder {
    const before = idsByClientOrderId.get(request.clientOrderId);
    if (before !== undefined) return orderOf(before);
    const order: SimulatedOrder = {
      ...request,
      id: nextId('order'),
      status: 'open',
      filledQuantity: ZERO,
      createdAtMs: now(),
      updatedAtMs: now(),
      updatedAtHeight: height(),
      rejectReason: null,
    };
    idsByClientOrderId.set(request.clientOrderId, order.id);
    const reject = (rejectReason: string) => put({ ...order, status: 'rejected', rejectReason });

    const rules = markets.get(request.market);
    if (rules === undefined) return reject(`the market ${request.market} does not exist`);
    const market = quoteMarket(rules, prices, now());
    const refusal = refusalOf(request, market, positions.get(request.market) ?? null);
    if (refusal !== null) return reject(refusal);

    // A sell's fee grows with its price, so the hold reckons with the better of limit and bid.
    const { quantity, limitPrice } = request;
    const feePrice = request.side === 'buy' ? limitPrice : maximum(limitPrice, market.bid);
    const worst = { quantity, price: limitPrice, feePrice };
    if (rules.kind === 'perpetual' && !isMarginEnough(order, worst)) return reject('insufficient margin');
    const needed = takenBy(order, worst);
    const lacking = needed.find((need) => isLess(accounts.available(need.asset), need.amount));
    if (lacking !== undefined) return reject(`insufficient funds: ${lacking.amount} ${lacking.asset} needed`);
    for (const need of needed) accounts.hold(need);
    holds.set(order.id, needed);
    put(order);

    const price = takerPrice(request, market);
    if (price !== null) return execute(order, { price, quantityMax: shareOfNextFill(order, rules) });
    return request.timeInForce === 'immediateOrCancel' ? end(order, 'cancelled') : orderOf(order.id);
  }

  function shareOfNextFill(order: SimulatedOrder, rules: MarketRules): Amount {
    if (nextFillShare === null || order.timeInForce !== 'immediateOrCancel') return order.quantity;
    const limited = floorToStep(multiply(order.quantity, nextFillShare), rules.step);
    nextFillShare = null;
    return limited;
  }

  /** Settles a fill and ends the order: what does not fill at once is not tried again. */
  function execute(
    order: SimulatedOrder,
    at: { readonly price: Amount; readonly quantityMax: Amount },
  ): SimulatedOrder {
    releaseHold(order);
    const rules = rulesOf(order);
    const position = positions.get(order.market) ?? null;
    const reducible = fillableQuantity(order, quoteMarket(rules, prices, now()), position);
    const quantity = isLess(reducible, at.quantityMax) ? reducible : at.quantityMax;
    const terms = { quantity, price: at.price, feePrice: at.price };
    // Prices move while an order rests: a venue cancels what can no longer be paid for.
    if (!isPositive(quantity) || !isAffordable(order, terms)) return end(order, 'cancelled');

    const fee = feeOf(order, terms);
    for (const delta of deltasOf(order, terms)) accounts.change(delta);
    if (rules.kind === 'perpetual') {
      const next = applyFill(position, { market: order.market, side: order.side, quantity, price: at.price });
      if (next === null) positions.delete(order.market);
      else positions.set(order.market, next);
    }
    fills.push({
      id: nextId('fill'),
      orderId: order.id,
      clientOrderId: order.clientOrderId,
      market: order.market,
      base: rules.base,
      quote: rules.quote,
      side: order.side,
      quantity,
      price: at.price,
      quoteAmount: multiply(quantity, at.price),
      fee,
      atMs: now(),
      height: height(),
    });
    const filled = { ...order, filledQuantity: add(order.filledQuantity, quantity) };
    return end(filled, compare(filled.filledQuantity, order.quantity) === 0 ? 'filled' : 'cancelled');
  }

  function end(order: SimulatedOrder, status: 'filled' | 'cancelled'): SimulatedOrder {
    releaseHold(order);
    return put({ ...order, status });
  }

  function releaseHold(order: SimulatedOrder): void {
    for (const held of holds.get(order.id) ?? []) accounts.release(held);
    holds.delete(order.id);
  }

  function feeOf(order: SimulatedOrder, terms: Terms): Fee {
    return feeOn(multiply(terms.quantity, terms.feePrice), {
      rules: rulesOf(order),
      prices,
      atMs: now(),
      feeDecimals,
    });
  }

  /** What a fill does to the balances. A perpetual's size is no balance: its notional moves the collateral. */
  function deltasOf(order: SimulatedOrder, terms: Terms): readonly AssetAmount[] {
    const rules = rulesOf(order);
    const notional = multiply(terms.quantity, terms.price);
    const bought = order.side === 'buy';
    const base = { asset: rules.base, amount: bought ? terms.quantity : negate(terms.quantity) };
    const quote = { asset: rules.quote, amount: bought ? negate(notional) : notional };
    const fee = opposite(feeOf(order, terms));
    return netOf(rules.kind === 'spot' ? [base, quote, fee] : [quote, fee]);
  }

  /** What a fill needs of the balances themselves; a perpetual's collateral is checked as margin instead. */
  function takenBy(order: SimulatedOrder, terms: Terms): readonly AssetAmount[] {
    const rules = rulesOf(order);
    return deltasOf(order, terms)
      .filter(({ asset, amount }) => isNegative(amount) && (rules.kind === 'spot' || asset !== rules.quote))
      .map(opposite);
  }

  function isAffordable(order: SimulatedOrder, terms: Terms): boolean {
    if (rulesOf(order).kind === 'perpetual' && !isMarginEnough(order, terms)) return false;
    return takenBy(order, terms).every((need) => !isLess(accounts.available(need.asset), need.amount));
  }

  function isMarginEnough(order: SimulatedOrder, terms: Terms): boolean {
    const { market, side } = order;
    const position = positions.get(market) ?? null;
    const quantity = fillableQuantity(order, quoteMarket(rulesOf(order), prices, now()), position);
    if (isReducing(position, side, quantity)) return true;
    const next = applyFill(position, { market, side, quantity, price: terms.price });
    const others = [...positions.values()].filter((other) => other.market !== market);
    const collateral = rulesOf(order).quote;
    const delta = deltasOf(order, { ...terms, quantity }).find(({ asset }) => asset === collateral);
    return isCovered({
      collateral,
      balance: add(accounts.total(collateral), delta?.amount ?? ZERO),
      positions: next === null ? others : [...others, next],
      markets,
      prices,
      atMs: now(),
    });
  }

  function rulesOf(order: SimulatedOrder): MarketRules {
    const rules = markets.get(order.market);
    assert(rules !== undefined, `an accepted order has a market: ${order.market}`);
    return rules;
  }

  function orderOf(id: string): SimulatedOrder {
    const order = orders.get(id);
    assert(order !== undefined, `an order that was given out exists: ${id}`);
    return order;
  }

  return {
    submit,
    cancel(id) {
      const order = orders.get(id);
      if (order === undefined) return null;
      return order.status === 'open' ? end(order, 'cancelled') : order;
    },
    limitNextFill(share) {
      assert(!isNegative(share) && !isLess(amount('1'), share), `a share lies between 0 and 1: ${share}`);
      nextFillShare = share;
    },
    matchResting() {
      for (const id of [...resting]) {
        const order = orderOf(id);
        const isCrossed = takerPrice(order, quoteMarket(rulesOf(order), prices, now())) !== null;
        if (!isCrossed) continue;
        execute(order, {
          price: order.limitPrice,
          quantityMax: subtract(order.quantity, order.filledQuantity),
        });
      }
    },
    orders: () => [...orders.values()].reverse(),
    fills: () => fills.toReversed(),
  };
}
