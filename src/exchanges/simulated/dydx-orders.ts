import { createHash } from 'node:crypto';
import { type Amount, add, sum, ZERO } from '../../domain/money/amount.ts';
import type { WireOrder, WireOrderId } from '../dydx/dydx-wire.ts';
import { indexerOrderId } from '../dydx/order-id.ts';
import { LONG_TERM, SHORT_TERM } from '../dydx/order-payload.ts';
import { type DydxMarket, dydxMarkets, priceOf, quantityOf } from './dydx-markets.ts';
import type { SimulatedOrder, SimulatedVenue } from './simulated-venue.ts';

export interface DydxAccount {
  readonly address: string;
  readonly subaccountNumber: number;
}

/** An order as the chain and the indexer name it, with every order of the engine that stood for it. */
export interface DydxOrder {
  readonly id: string;
  readonly clientId: number;
  readonly clobPairId: number;
  readonly orderFlags: number;
  readonly goodTilBlock: number | null;
  readonly goodTilBlockTimeMs: number | null;
  /** Size of the latest placement; earlier fills under the same id count against it. */
  readonly size: Amount;
  readonly totalFilled: Amount;
  readonly latest: SimulatedOrder;
  readonly engineIds: readonly string[];
}

/** The chain's refusal of a message: nothing happened. */
export interface ClobRefusal {
  readonly codespace: string;
  readonly code: number;
  readonly log: string;
}

interface Placement {
  readonly goodTilBlock: number | null;
  readonly goodTilBlockTimeMs: number | null;
  readonly orderFlags: number;
  readonly clientId: number;
  readonly size: Amount;
  readonly engineIds: readonly string[];
}

/** Blocks beyond the next that a short-term order may live. */
const SHORT_BLOCK_WINDOW = 20;
const TIME_IN_FORCE = { unspecified: 0, immediate: 1, postOnly: 2 };

export interface DydxOrders {
  readonly account: DydxAccount;
  markets(): readonly DydxMarket[];
  /** Latest expiry first, as the indexer lists them. Orders that the chain refused were never there. */
  list(): readonly DydxOrder[];
  /** The wire's order ids by the engine's. */
  ids(): ReadonlyMap<string, string>;
  place(order: WireOrder): ClobRefusal | null;
  cancel(orderId: WireOrderId, until: { readonly goodTilBlock?: number }): ClobRefusal | null;
}

/** What dYdX makes of an engine's orders: ids from client ids, replacement, expiry by height. */
export function createDydxOrders(venue: SimulatedVenue, account: DydxAccount): DydxOrders {
  const placements = new Map<string, Placement>();

  const markets = () => dydxMarkets(venue.markets());

  function placementsOf(): ReadonlyMap<string, Placement> {
    expire();
    const wired = new Set([...placements.values()].flatMap((one) => one.engineIds));
    // What was not placed on the wire, such as by the venue's owner by hand, is listed as if it had been.
    const others = venue.orders().flatMap((order) => {
      if (wired.has(order.id) || order.status === 'rejected') return [];
      const isShortTerm = order.timeInForce === 'immediateOrCancel';
      const clobPairId = markets().find(({ market }) => market === order.market)?.clobPairId;
      if (clobPairId === undefined) return [];
      const clientId = clientIdOf(order.clientOrderId);
      const orderFlags = isShortTerm ? SHORT_TERM : LONG_TERM;
      const placement: Placement = {
        goodTilBlock: isShortTerm ? order.updatedAtHeight + SHORT_BLOCK_WINDOW : null,
        goodTilBlockTimeMs: isShortTerm ? null : order.createdAtMs + 28 * 86_400_000,
        orderFlags,
        clientId,
        size: order.quantity,
        engineIds: [order.id],
      };
      return [[indexerOrderId({ ...account, clientId, clobPairId, orderFlags }), placement] as const];
    });
    return new Map([...others, ...placements]);
  }

  /** Drops resting orders whose height or time has passed. */
  function expire(): void {
    const open = new Set(venue.orders().flatMap((order) => (order.status === 'open' ? [order.id] : [])));
    for (const placement of placements.values()) {
      const isPast =
        placement.goodTilBlock !== null
          ? venue.height() > placement.goodTilBlock
          : venue.now() > (placement.goodTilBlockTimeMs ?? Number.POSITIVE_INFINITY);
      if (isPast) for (const id of placement.engineIds) if (open.has(id)) venue.cancel(id);
    }
  }

  function list(): readonly DydxOrder[] {
    const all = placementsOf();
    const orders = new Map(venue.orders().map((order) => [order.id, order]));
    return [...all]
      .flatMap(([id, placement]): DydxOrder[] => {
        const { engineIds, ...rest } = placement;
        const held = engineIds.flatMap((engineId) => orders.get(engineId) ?? []);
        const latest = held.at(-1);
        const clobPairId = markets().find(({ market }) => market === latest?.market)?.clobPairId;
        if (latest === undefined || clobPairId === undefined) return [];
        const totalFilled = sum(held.map((order) => order.filledQuantity));
        return [{ id, ...rest, engineIds, clobPairId, totalFilled, latest }];
      })
      .sort(byExpiry);
  }

  function place(order: WireOrder): ClobRefusal | null {
    const { orderId } = order;
    const { clientId, clobPairId } = orderId;
    const orderFlags = orderId.orderFlags;
    const market = markets().find((one) => one.clobPairId === clobPairId);
    if (market === undefined) return clob(8, `no CLOB with id ${clobPairId}`);
    const quantums = order.quantums.toString();
    if (BigInt(quantums) <= 0n || BigInt(quantums) % BigInt(market.stepBaseQuantums) !== 0n) {
      return clob(4, `Order Quantums ${quantums} must be a multiple of ${market.stepBaseQuantums}`);
    }
    const subticks = order.subticks.toString();
    if (BigInt(subticks) <= 0n || BigInt(subticks) % BigInt(market.subticksPerTick) !== 0n) {
      return clob(6, `Order subticks ${subticks} must be a multiple of ${market.subticksPerTick}`);
    }
    const isImmediate = order.timeInForce === TIME_IN_FORCE.immediate;
    if (order.timeInForce > TIME_IN_FORCE.postOnly) return clob(42, 'fill-or-kill is not simulated');
    const late = lateness(orderFlags, order);
    if (late !== null) return late;

    const id = indexerOrderId({
      ...account,
      clientId,
      clobPairId,
      orderFlags: orderFlags as typeof SHORT_TERM,
    });
    const size = quantityOf(market, quantums);
    const known = placements.get(id);
    const before = known === undefined ? undefined : list().find((one) => one.id === id);
    const refusal = before === undefined ? null : replacementRefusal(before, order, size);
    if (refusal !== null) return refusal;
    if (before?.latest.status === 'open') venue.cancel(before.latest.id);

    const placed = venue.submit({
      clientOrderId: engineClientId(clientId, known?.engineIds.length ?? 0, id),
      market: market.market,
      side: order.side === 1 ? 'buy' : 'sell',
      quantity: before === undefined ? size : remaining(size, before.totalFilled),
      limitPrice: priceOf(market, subticks),
      timeInForce: isImmediate ? 'immediateOrCancel' : 'goodTilCancelled',
      reduceOnly: order.reduceOnly,
    });
    if (placed.status === 'rejected') return clob(12, placed.rejectReason ?? 'MsgPlaceOrder is invalid');
    placements.set(id, {
      goodTilBlock: order.goodTilBlock ?? null,
      goodTilBlockTimeMs: order.goodTilBlockTime === undefined ? null : order.goodTilBlockTime * 1_000,
      orderFlags,
      clientId,
      size,
      engineIds: [...(known?.engineIds ?? []), placed.id],
    });
    return null;
  }

  function lateness(
    orderFlags: number,
    until: { readonly goodTilBlock?: number; readonly goodTilBlockTime?: number },
  ) {
    const next = venue.height() + 1;
    if (orderFlags !== SHORT_TERM) {
      const isPast = (until.goodTilBlockTime ?? 0) * 1_000 <= venue.now();
      return isPast
        ? clob(3003, `GoodTilBlockTime ${until.goodTilBlockTime} is not after the block's time`)
        : null;
    }
    const goodTilBlock = until.goodTilBlock ?? 0;
    if (goodTilBlock < next)
      return clob(10, `GoodTilBlock ${goodTilBlock} is less than the next block ${next}`);
    if (goodTilBlock > next + SHORT_BLOCK_WINDOW) {
      return clob(
        11,
        `The GoodTilBlock ${goodTilBlock} is further than ${SHORT_BLOCK_WINDOW} blocks from ${next}`,
      );
    }
    return null;
  }

  /** The client id as the engine gets it: itself at first; the engine gives a repeated one the same order again. */
  function engineClientId(clientId: number, generation: number, id: string): string {
    const plain = String(clientId);
    const isTaken = venue.orders().some((order) => order.clientOrderId === plain);
    return generation === 0 && !isTaken ? plain : `${plain}:${id}:${generation}`;
  }

  return {
    account,
    markets,
    list,
    ids: () => new Map(list().flatMap(({ id, engineIds }) => engineIds.map((engineId) => [engineId, id]))),
    place,
    cancel(orderId, until) {
      const late = orderId.orderFlags === SHORT_TERM ? lateness(SHORT_TERM, until) : null;
      if (late !== null) return late;
      const id = indexerOrderId({
        ...account,
        ...orderId,
        orderFlags: orderId.orderFlags as typeof SHORT_TERM,
      });
      const order = list().find((one) => one.id === id);
      if (order?.latest.status === 'open') venue.cancel(order.latest.id);
      // A short-term cancel is taken for whatever may come; a stateful order must be there.
      else if (orderId.orderFlags !== SHORT_TERM) return clob(3006, 'Stateful order does not exist');
      return null;
    },
  };
}

function replacementRefusal(before: DydxOrder, order: WireOrder, size: Amount): ClobRefusal | null {
  if (before.orderFlags !== SHORT_TERM) {
    const isLater = (order.goodTilBlockTime ?? 0) * 1_000 > (before.goodTilBlockTimeMs ?? 0);
    return isLater
      ? null
      : clob(3005, 'Existing stateful order has higher-or-equal priority than the new one');
  }
  if ((order.goodTilBlock ?? 0) <= (before.goodTilBlock ?? 0)) {
    return clob(
      20,
      'An order with the same `OrderId` already exists with a greater-than-or-equal `GoodTilBlock`',
    );
  }
  return remaining(size, before.totalFilled).startsWith('-') || remaining(size, before.totalFilled) === ZERO
    ? clob(24, 'Order is fully filled')
    : null;
}

const remaining = (size: Amount, filled: Amount): Amount =>
  add(size, filled === ZERO ? ZERO : (`-${filled}` as Amount));

const clob = (code: number, log: string): ClobRefusal => ({ codespace: 'clob', code, log });

/** Stateful orders before short-term ones, the latest expiry first. */
export function byExpiry(a: DydxOrder, b: DydxOrder): number {
  if (a.goodTilBlockTimeMs !== null || b.goodTilBlockTimeMs !== null) {
    return (b.goodTilBlockTimeMs ?? 0) - (a.goodTilBlockTimeMs ?? 0) || compareText(a.id, b.id);
  }
  return (b.goodTilBlock ?? 0) - (a.goodTilBlock ?? 0) || compareText(a.id, b.id);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A number of 32 bits for any client id of the engine. */
function clientIdOf(clientOrderId: string): number {
  if (/^\d{1,10}$/.test(clientOrderId) && Number(clientOrderId) <= 0xffff_ffff) return Number(clientOrderId);
  return createHash('sha256').update(clientOrderId).digest().readUInt32BE(0);
}
