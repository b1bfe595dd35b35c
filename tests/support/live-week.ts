import { amount, multiply, ZERO } from '../../src/domain/money/amount.ts';
import { defaultTolerances, type Tolerances } from '../../src/domain/reconciliation/tolerance.ts';
import type { Fill } from '../../src/domain/venue/venue.ts';
import { referenceData } from './reference-data.ts';
import { reported } from './reference-orders.ts';
import { type Looked, VenueBesideBook } from './venue-beside-book.ts';

/** A week of a live bot: what its venue showed from time to time, and what the bot logged in between. */
export interface LiveWeek {
  readonly snapshots: readonly LiveSnapshot[];
  readonly transitions: readonly LiveTransition[];
}

export interface LiveSnapshot {
  readonly time: string;
  readonly balances: Readonly<Record<string, { readonly total: string; readonly hold: string }>>;
  readonly cash_available: Readonly<Record<string, string>>;
}

export interface LiveTransition {
  readonly to: string;
  readonly class: string;
  readonly delta: Readonly<Record<string, string>>;
  readonly unexplained: Readonly<Record<string, string>>;
  readonly journal_fills: readonly LoggedFill[];
}

/** A fill in the bot's own log. Where the venue told its size in quote, the log has that as its quantity. */
export interface LoggedFill {
  readonly time: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly logged_quantity: string;
  readonly logged_quantity_unit: 'base' | 'quote';
  readonly price: string;
  readonly fee: string;
  readonly base_quantity: string;
}

/** Null where this machine does not have it. */
export const liveWeek = referenceData('reconciliation/live-bot-coinbase.json') as LiveWeek | null;

/** What the amounts of the week are exact to: the bot kept them in floats. */
export const WEEK_TOLERANCES: Tolerances = {
  ...defaultTolerances(new Map([['USD', amount('0.00001')]])),
  absoluteDefault: amount('0.000001'),
  relative: ZERO,
  valueUsd: ZERO,
  dustUsd: ZERO,
};

export interface WeekStep {
  readonly transition: LiveTransition;
  /** What the bot logged since the step before, as the venue's record has it. */
  readonly fills: readonly Fill[];
  readonly looked: Looked;
  /** What still differed after what has one explanation was corrected. */
  readonly rest: Looked;
  readonly beside: VenueBesideBook;
}

/**
 * A book that opens with the first snapshot, hears what the bot logged, and is compared with each snapshot in turn.
 * What nobody can explain is accepted by a person before the next.
 */
export function walkWeek(week: LiveWeek, options: WeekOptions, visit: (step: WeekStep) => void): void {
  const [first, ...snapshots] = week.snapshots;
  if (first === undefined) throw new Error('a week has a first snapshot');
  const beside = new VenueBesideBook(Date.parse(first.time));
  beside.tolerances = WEEK_TOLERANCES;
  show(beside, first);
  beside.open(Date.parse(first.time));
  week.transitions.forEach((transition, index) => {
    const snapshot = snapshots[index];
    if (snapshot?.time !== transition.to) throw new Error('a transition leads from one snapshot to the next');
    const fills = transition.journal_fills.map((logged, place) =>
      recordOf(logged, `${index + 1}.${place + 1}`),
    );
    const heard = options.hears === 'corrected' ? fills : transition.journal_fills.map(asLogged(fills));
    for (const fill of heard) {
      const [decision] = beside.hear({ ...reported(fill), ...UNSIZED });
      if (decision?.kind !== 'postedAsExternal')
        throw new Error(`expected to be posted, found ${decision?.kind}`);
    }
    show(beside, snapshot);
    if (options.venueTells !== 'balances') beside.fills = [...beside.fills, ...fills];
    else beside.fillsSinceMs = Date.parse(snapshot.time);
    // Long enough after the snapshot that a fill which is not listed by then is not merely late.
    beside.moveTo(Date.parse(snapshot.time) + 180_000);
    const looked = beside.look();
    beside.correct(looked);
    visit({ transition, fills, looked, rest: beside.look(), beside });
    beside.accept(`accepted ${index + 1}`);
  });
}

export interface WeekOptions {
  /** What the bot logged, or what the venue's record has of it. */
  readonly hears: 'logged' | 'corrected';
  readonly venueTells?: 'fills' | 'balances';
}

/** Where the bot does not say what was paid, it is quantity times price. */
const UNSIZED = { quoteAmount: null } as const;

/** As an adapter reads it: a size in quote is the exact amount that was paid. */
function recordOf(logged: LoggedFill, id: string): Fill {
  const [base = '', quote = ''] = logged.symbol.split('-');
  const [price, size] = [amount(logged.price), amount(logged.logged_quantity)];
  const isInQuote = logged.logged_quantity_unit === 'quote';
  return {
    id,
    orderId: `order ${id}`,
    clientOrderId: `order ${id}`,
    market: logged.symbol,
    base,
    quote,
    side: logged.side === 'BUY' ? 'buy' : 'sell',
    quantity: amount(logged.base_quantity),
    price,
    quoteAmount: isInQuote ? size : multiply(size, price),
    fee: { asset: quote, amount: amount(logged.fee) },
    atMs: Date.parse(logged.time),
  };
}

const asLogged =
  (fills: readonly Fill[]) =>
  (logged: LoggedFill, place: number): Fill => {
    const fill = fills[place];
    if (fill === undefined) throw new Error('every logged fill is on record');
    return { ...fill, quantity: amount(logged.logged_quantity) };
  };

function show(beside: VenueBesideBook, { balances, cash_available }: LiveSnapshot): void {
  beside.balances.clear();
  for (const [asset, { total, hold }] of Object.entries(balances)) beside.hold(asset, total, hold);
  // What open orders hold of the cash is not told.
  for (const [asset, available] of Object.entries(cash_available)) beside.hold(asset, available);
}
