import fc from 'fast-check';
import { accountForLots } from '../../../src/domain/lots/account-for-lots.ts';
import { known, unknown } from '../../../src/domain/lots/figure.ts';
import { holdingCalendar } from '../../../src/domain/lots/holding-calendar.ts';
import type { HeldSince, Lot } from '../../../src/domain/lots/lot.ts';
import { knownBasis, UNKNOWN_BASIS } from '../../../src/domain/lots/lot.ts';
import type { Acquisition, Disposal, LotEvent, Transfer } from '../../../src/domain/lots/lot-event.ts';
import type { LotRules } from '../../../src/domain/lots/lot-rules.ts';
import { amount } from '../../../src/domain/money/amount.ts';

export const DAY_MS = 86_400_000;
export const NOW_MS = Date.parse('2026-01-01T12:00:00Z');

export const RULES: LotRules = {
  method: 'fifo',
  poolScope: 'account',
  networkFee: 'disposal',
  longTerm: 'ownRate',
  calendar: holdingCalendar('UTC'),
  rates: { shortTerm: amount('0.37'), longTerm: amount('0.15'), usableLoss: amount('1') },
  washSale: null,
};

export const at = (text: string): number => Date.parse(text);
export const since = (atMs: number): HeldSince => ({ state: 'known', atMs });

type Told<Event> = Partial<Event> & { readonly id: string };

/** Bought in "main": one BTC for 100, unless told otherwise. */
export function bought(event: Told<Acquisition>): Acquisition {
  const atMs = event.atMs ?? NOW_MS;
  return {
    kind: 'acquisition',
    account: 'main',
    asset: 'BTC',
    quantity: amount('1'),
    atMs,
    cost: known(amount('100')),
    heldSince: since(atMs),
    source: 'purchase',
    ...event,
  };
}

export const sold = (event: Told<Disposal>): Disposal => ({
  kind: 'disposal',
  account: 'main',
  asset: 'BTC',
  quantity: amount('1'),
  atMs: NOW_MS,
  proceeds: known(amount('100')),
  lots: null,
  ...event,
});

export const moved = (event: Told<Transfer>): Transfer => ({
  kind: 'transfer',
  from: 'main',
  to: 'cold',
  asset: 'BTC',
  quantity: amount('1'),
  fee: amount('0'),
  feeValue: known(amount('0')),
  atMs: NOW_MS,
  lots: null,
  ...event,
});

/** A lot that was bought so many days before now. */
export function lot(id: string, options: { quantity?: string; cost: string | null; days: number }): Lot {
  const quantity = amount(options.quantity ?? '1');
  const acquiredAtMs = NOW_MS - options.days * DAY_MS;
  return {
    id,
    origin: id,
    account: 'main',
    asset: 'BTC',
    quantity,
    basis: options.cost === null ? UNKNOWN_BASIS : knownBasis(amount(options.cost), quantity),
    acquiredAtMs,
    heldSince: options.cost === null ? { state: 'unknown' } : since(acquiredAtMs),
    source: options.cost === null ? 'deposit' : 'purchase',
    isReplacement: false,
  };
}

export function accounted(events: readonly LotEvent[], rules: LotRules = RULES) {
  const account = accountForLots(events, rules);
  if (account.state === 'refused') throw new Error(JSON.stringify(account.problem));
  return account;
}

/** Amounts with up to six decimals, above zero. */
export const someAmount = (max: number) =>
  fc
    .integer({ min: 1, max: max * 1_000_000 })
    .map((millionths) => amount((millionths / 1_000_000).toFixed(6)));

/** A quarter of what is acquired costs nobody knows what. */
const someCost = fc.oneof(
  { weight: 3, arbitrary: someAmount(1_000).map(known) },
  { weight: 1, arbitrary: fc.constant(unknown('it was deposited')) },
);
const someTime = fc.integer({ min: 0, max: 800 }).map((days) => NOW_MS - days * DAY_MS);
const someAccount = fc.constantFrom('main', 'cold', 'venue');

/** Events of one asset in three accounts over two years; some cannot have happened. */
export const someEvents = (options: { cost?: typeof someCost } = {}) =>
  fc
    .array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc.record({
            kind: fc.constant('acquisition' as const),
            cost: options.cost ?? someCost,
            quantity: someAmount(20),
            account: someAccount,
            atMs: someTime,
          }),
        },
        {
          weight: 2,
          arbitrary: fc.record({
            kind: fc.constant('disposal' as const),
            proceeds: someAmount(1_000).map(known),
            quantity: someAmount(10),
            account: someAccount,
            atMs: someTime,
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: fc.constant('transfer' as const),
            quantity: someAmount(10),
            fee: fc.integer({ min: 0, max: 900 }).map((n) => amount((n / 1_000_000).toFixed(6))),
            feeValue: someAmount(3).map(known),
            from: someAccount,
            to: someAccount,
            atMs: someTime,
          }),
        },
      ),
      { maxLength: 30 },
    )
    .map((told) =>
      told.map((one, index): LotEvent => {
        const id = `e${index}`;
        if (one.kind === 'acquisition') {
          const heldSince: HeldSince = one.cost.state === 'known' ? since(one.atMs) : { state: 'unknown' };
          return bought({ ...one, id, heldSince });
        }
        return one.kind === 'disposal' ? sold({ ...one, id }) : moved({ ...one, id });
      }),
    );

export const knownCost = someAmount(1_000).map(known);
