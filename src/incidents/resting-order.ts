import { add, amount, multiply, ONE } from '../domain/money/amount.ts';
import type { CauseInput } from './cause-input.ts';
import { drawTrade } from './incident-facts.ts';

/** An order that rests at the venue and is known to the book. */
export function placeRestingOrder(
  { world, model, facts }: Pick<CauseInput, 'world' | 'model' | 'facts'>,
  isHoldBooked: boolean,
) {
  const shape = drawTrade(model, facts).fill;
  if (shape === null) throw new Error('orders rest where trades are fills');
  const { market, base, quote, side, quantity, price } = shape;
  const hold =
    side === 'sell'
      ? { asset: base, amount: quantity }
      : { asset: quote, amount: multiply(multiply(quantity, price), add(ONE, amount('0.012'))) };
  const id = facts.name('order');
  const clientOrderId = facts.name('client');
  world.placeOrder({
    venue: model.venue,
    open: { id, clientOrderId, market, side, remaining: quantity, limitPrice: price },
    base,
    quote,
    hold,
    isHoldBooked,
    atMs: facts.atMs(),
  });
  return { id, clientOrderId, market, base, quote, side, quantity, price };
}
