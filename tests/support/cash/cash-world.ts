import { amount } from '../../../src/domain/money/amount.ts';
import {
  type CashEvent,
  type CashOutcome,
  openVenueCash,
  type VenueCash,
} from '../../../src/domain/rebalancing/cash-protocol.ts';
import type { Random } from '../../../src/platform/random.ts';
import { below, isDrawn } from '../fuzz/draw.ts';
import type { CashBreak } from './cash-breaks.ts';
import { CashJudge, type CashTruth, type CashViolation } from './cash-judge.ts';
import { type CashOrder, orderOf, sizeOrder } from './cash-order.ts';
import { BASE_MICROS_PER_LOT, type CashScript, signOf, stressPerLot } from './cash-script.ts';
import { textOfMicros } from './micros.ts';
import { chargeOf, opens } from './venue-charge.ts';

export type Ledger = 'money' | 'base';

/** What a history asks of whoever keeps the ledgers; answered with what became of the event. */
export interface CashRequest {
  readonly ledger: Ledger;
  readonly event: CashEvent;
}

export interface CashHistory {
  readonly orders: number;
  readonly events: number;
  readonly violations: readonly CashViolation[];
}

/** What the venue had, and which orders it had confirmed the end of, when the reading began. */
interface CertifiedReading {
  readonly at: number;
  readonly version: Readonly<Record<Ledger, number>>;
  readonly truth: Readonly<Record<Ledger, number>>;
  readonly settled: readonly string[];
}

interface Message extends CashRequest {
  readonly sentAt: number;
}

/** What happened, in words; called with what makes them, so that a history that nobody reads makes none. */
export type Note = (words: () => string) => void;

const ACTIONS_MAX = 60;
const REPEATED_SHARE = 0.25;
const LOST_SHARE = 0.35;
const PRICE_SHARE = 0.25;
const CERTIFIED_SHARE = 0.3;

export function openLedgers(script: CashScript): Readonly<Record<Ledger, VenueCash>> {
  const { money, base } = openingOf(script);
  return {
    money: openVenueCash(textOfMicros(money), textOfMicros(script.floor)),
    base: openVenueCash(textOfMicros(base), amount('0')),
  };
}

/** Of an account with perpetuals, money is its free collateral at the worst mark. */
function openingOf(script: CashScript): CashTruth {
  const stress = signOf(script.position) * script.heldLots * stressPerLot(script);
  return { money: script.money + stress, base: script.heldLots * BASE_MICROS_PER_LOT };
}

/**
 * Two planners, a venue and what is said between them, one thing at a time in an order that is drawn. What the venue
 * really moves is kept here in whole numbers; the ledgers hear of it late, twice, in any order, and it is the truth
 * that is judged. `breaking` is a rule that this world, or who uses the ledgers, does not keep.
 */
export class CashWorld {
  readonly #script: CashScript;
  readonly #random: Random;
  readonly #breaking: CashBreak | null;
  readonly #note: Note;
  readonly #judge: CashJudge;
  readonly #book: Record<Ledger, VenueCash>;
  readonly #truth: { money: number; base: number };
  readonly #orders: CashOrder[] = [];
  readonly #mail: Message[] = [];
  readonly #told: Message[] = [];
  /** What each of the two planners still wants, last first. */
  readonly #wanted: {
    readonly side: 'open' | 'close';
    readonly share: number;
    readonly filledShare: number;
  }[][];
  readonly #readsCertified: boolean;
  #reading: CertifiedReading | null = null;
  #step = 0;
  #now = 0;
  #events = 0;
  #fundings = 0;
  #fundingName: string | null = null;

  constructor(script: CashScript, random: Random, breaking: CashBreak | null, note: Note) {
    this.#script = script;
    this.#random = random;
    this.#breaking = breaking;
    this.#note = note;
    this.#book = { ...openLedgers(script) };
    this.#truth = { ...openingOf(script) };
    this.#judge = new CashJudge(script.floor, this.#truth);
    const wishes = [
      ...script.buys.map((wish) => ({ ...wish, side: 'open' as const })),
      ...script.sells.map((wish) => ({ ...wish, side: 'close' as const })),
    ].sort((a, b) => b.step - a.step);
    this.#wanted = [[...wishes], [...wishes]];
    this.#readsCertified = isDrawn(random, CERTIFIED_SHARE);
  }

  *live(): Generator<CashRequest, CashHistory, CashOutcome> {
    yield* this.#reserveFunding();
    for (let action = 0; action < ACTIONS_MAX && !this.#judge.isOver; action++) yield* this.#act();
    if (!this.#judge.isOver) yield* this.#end();
    if (!this.#judge.isOver && this.#breaking === null)
      this.#judge.judgeEnd(this.#book, this.#truth, this.#readsCertified);
    return { orders: this.#orders.length, events: this.#events, violations: this.#judge.violations };
  }

  *#act(): Generator<CashRequest, void, CashOutcome> {
    this.#now++;
    const drawn = below(this.#random, 100);
    if (drawn < 20) this.#plan();
    else if (drawn < 38) yield* this.#reserve();
    else if (drawn < 54) yield* this.#submit();
    else if (drawn < 72) this.#fill();
    else if (drawn < 78) yield* this.#endOrder();
    else if (drawn < 93) yield* this.#deliver();
    else if (drawn < 95) this.#payFunding();
    else if (drawn < 99) yield* this.#certify();
    else this.#deposit();
    if (isDrawn(this.#random, PRICE_SHARE))
      this.#step = Math.min(this.#step + 1, this.#script.path.length - 1);
  }

  /** Nothing new; what is live ends, and everything is told. */
  *#end(): Generator<CashRequest, void, CashOutcome> {
    this.#payFunding();
    for (const order of this.#orders) {
      if (order.state === 'reserved') yield* this.#release(order);
      order.isLive = false;
      if (order.state === 'unknown') yield* this.#lookUp(order);
      if (order.state === 'working') this.#tellEnd(order);
    }
    while (this.#mail.length > 0 && !this.#judge.isOver) {
      this.#now++;
      yield* this.#deliver();
    }
    if (this.#fundingName !== null && this.#breaking !== 'P6')
      yield* this.#ask('money', { type: 'release', order: this.#fundingName, filledQuantity: amount('0') });
  }

  /** A planner sizes by the ledgers as they are now; it reserves when its turn comes again, as they are then. */
  #plan(): void {
    const planner = below(this.#random, 2);
    if (this.#orders.some((order) => order.planner === planner && order.state === 'sized')) return;
    const wanted = this.#wanted[planner] ?? [];
    const wish = wanted.pop();
    if (wish === undefined) return;
    const left = wanted.filter(({ side }) => side === wish.side).length;
    const order = sizeOrder(this.#script, {
      ...wish,
      share: 1 / (1 + left),
      planner,
      name: `o${this.#orders.length}`,
      price: this.#price(),
      book: this.#book,
      isTooLarge: isDrawn(this.#random, 0.15),
      countsFills: this.#breaking !== 'P5',
    });
    if (order === null) return;
    this.#orders.push(order);
    this.#note(
      () => `planner ${planner} sizes ${order.name}: ${order.side} ${order.lots} lots at ${order.limit}`,
    );
  }

  *#reserve(): Generator<CashRequest, void, CashOutcome> {
    const order = this.#one('sized');
    if (order === null) return;
    order.state = 'reserved';
    // The broken rule: it is submitted though nothing was set aside for it.
    if (this.#breaking === 'P1') return;
    for (const [ledger, reserved] of order.reserved) {
      const outcome = yield* this.#ask(ledger, { type: 'reserve', order: order.name, amount: reserved });
      if (outcome.state !== 'refused') continue;
      yield* this.#release(order);
      return;
    }
  }

  *#submit(): Generator<CashRequest, void, CashOutcome> {
    const order = this.#one('reserved');
    if (order === null) return;
    const drawn = this.#random.next();
    if (drawn < 0.06) {
      // The planner's process ended before it sent anything; the next one finds that, and denies it.
      this.#note(() => `${order.name} is never sent`);
      yield* this.#release(order);
      return;
    }
    if (drawn < 0.12) {
      this.#note(() => `the venue rejects ${order.name}`);
      order.state = 'ended';
      this.#tellEnd(order);
      return;
    }
    const isHeard = !isDrawn(this.#random, LOST_SHARE);
    order.state = isHeard ? 'working' : 'unknown';
    order.isLive = isHeard || isDrawn(this.#random, 0.6);
    order.fillableLots = Math.ceil(order.lots * order.filledShare);
    this.#note(() => `${order.name} is sent: ${order.state}, at the venue ${order.isLive}`);
    if (this.#breaking === 'P3' && order.state === 'unknown') yield* this.#release(order, 'unknown');
    if (this.#breaking === 'P4' && order.plannedProceeds > 0)
      yield* this.#ask('money', {
        type: 'credit',
        creditId: `planned ${order.name}`,
        amount: textOfMicros(order.plannedProceeds),
      });
  }

  #fill(): void {
    const live = this.#orders.filter((order) => order.isLive && order.filledLots < order.fillableLots);
    const order = live[below(this.#random, live.length)];
    if (order === undefined) return;
    const times = this.#script.fillsAreSmall ? 1 + below(this.#random, 8) : 1;
    for (let time = 0; time < times && order.filledLots < order.fillableLots; time++) this.#fillOnce(order);
  }

  #fillOnce(order: CashOrder): void {
    const { minLots, fillsAreSmall } = this.#script;
    const left = order.fillableLots - order.filledLots;
    const size = fillsAreSmall || isDrawn(this.#random, 0.4) ? minLots : minLots + below(this.#random, left);
    const lots = Math.min(left, size);
    const price = this.#fillPrice(order);
    const isBuy = order.side === 'buy';
    const charge = chargeOf(this.#script, { side: order.side, lots, price });
    const debit = charge.money - (isBuy ? 1 : -1) * lots * stressPerLot(this.#script);
    order.filledLots += lots;
    order.fills++;
    this.#truth.money -= debit;
    this.#truth.base += charge.base;
    this.#note(
      () => `the venue fills ${lots} lots of ${order.name} at ${price}: money -${debit}, base ${charge.base}`,
    );
    this.#judge.judgeTruth(this.#book, this.#truth);
    const fillId = `${order.name}.${order.fills}`;
    const quantity = textOfMicros(lots * BASE_MICROS_PER_LOT);
    const reservesMoney = order.reserved.some(([ledger]) => ledger === 'money');
    const isCounted = this.#breaking === 'P4' && order.plannedProceeds > 0;
    if (reservesMoney || debit > 0) {
      const taken = textOfMicros(Math.max(0, debit));
      this.#send('money', { type: 'fill', fillId, order: order.name, quantity, debit: taken });
    }
    if (debit < 0 && !isCounted)
      this.#send('money', { type: 'credit', creditId: fillId, amount: textOfMicros(-debit) });
    if (opens(this.#script, order.side))
      this.#send('base', { type: 'credit', creditId: fillId, amount: textOfMicros(charge.base) });
    else
      this.#send('base', {
        type: 'fill',
        fillId,
        order: order.name,
        quantity,
        debit: textOfMicros(-charge.base),
      });
  }

  /** At the market where it is better than the limit, and else at the limit, which somebody took. */
  #fillPrice({ side, limit }: CashOrder): number {
    const market = this.#price();
    // The broken rule: an order without a limit fills wherever the market is.
    if (this.#breaking === 'P2') return market;
    const isAtLimit = isDrawn(this.#random, 0.5);
    if (isAtLimit) return limit;
    return side === 'buy' ? Math.min(limit, market) : Math.max(limit, market);
  }

  *#endOrder(): Generator<CashRequest, void, CashOutcome> {
    const unknown = this.#one('unknown');
    if (unknown !== null && isDrawn(this.#random, 0.5)) {
      yield* this.#lookUp(unknown);
      return;
    }
    const live = this.#orders.filter((order) => order.isLive);
    const order = live[below(this.#random, live.length)];
    if (order === undefined) return;
    order.isLive = false;
    this.#note(() => `the venue ends ${order.name} with ${order.filledLots} lots filled`);
    // Of an order whose submission had no answer, nobody hears that it ended before it is looked up.
    if (order.state === 'working') this.#tellEnd(order);
  }

  /** Evidence of the venue: the order is there, or it is not and never will be. */
  *#lookUp(order: CashOrder): Generator<CashRequest, void, CashOutcome> {
    this.#note(() => `${order.name} is looked up: live ${order.isLive}, ${order.filledLots} lots filled`);
    if (order.isLive) order.state = 'working';
    else if (order.filledLots > 0) this.#tellEnd(order);
    else yield* this.#release(order);
  }

  #tellEnd(order: CashOrder): void {
    order.state = 'ended';
    const filledQuantity = textOfMicros(order.filledLots * BASE_MICROS_PER_LOT);
    for (const [ledger] of order.reserved)
      this.#send(ledger, { type: 'release', order: order.name, filledQuantity });
  }

  *#release(
    order: CashOrder,
    state: CashOrder['state'] = 'ended',
  ): Generator<CashRequest, void, CashOutcome> {
    order.state = state;
    const event: CashEvent = { type: 'release', order: order.name, filledQuantity: amount('0') };
    for (const [ledger] of order.reserved) yield* this.#ask(ledger, event);
  }

  /** Any message that is on its way, or one that was told before. */
  *#deliver(): Generator<CashRequest, void, CashOutcome> {
    const isRepeated = this.#told.length > 0 && isDrawn(this.#random, REPEATED_SHARE);
    const from = isRepeated ? this.#told : this.#mail;
    const index = below(this.#random, from.length);
    const message = from[index];
    if (message === undefined) return;
    if (!isRepeated) {
      this.#mail.splice(index, 1);
      this.#told.push(message);
    }
    const outcome = yield* this.#ask(message.ledger, message.event);
    if (isRepeated) this.#judge.judgeRepeated(outcome);
    else if (message.event.type === 'debit') yield* this.#fundingBooked(message.event.order);
  }

  *#reserveFunding(): Generator<CashRequest, void, CashOutcome> {
    if (this.#script.fundingMax === 0) return;
    const name = `funding ${this.#fundings++}`;
    if (this.#breaking === 'P6') {
      this.#fundingName = name;
      return;
    }
    const needed = textOfMicros(this.#script.fundingMax);
    const outcome = yield* this.#ask('money', { type: 'reserve', order: name, amount: needed });
    // Without what the next payment may take, no position is kept until then: there is no payment.
    if (outcome.state !== 'refused') this.#fundingName = name;
  }

  #payFunding(): void {
    const order = this.#fundingName;
    if (order === null) return;
    this.#fundingName = null;
    const paid = below(this.#random, this.#script.fundingMax + 1);
    this.#truth.money -= paid;
    this.#note(() => `the venue takes ${paid} for ${order}`);
    this.#judge.judgeTruth(this.#book, this.#truth);
    this.#send('money', { type: 'debit', debitId: order, order, debit: textOfMicros(paid) });
  }

  /** What is left is given back once the payment is booked, and the next payment is reserved for. */
  *#fundingBooked(order: string): Generator<CashRequest, void, CashOutcome> {
    yield* this.#ask('money', { type: 'release', order, filledQuantity: amount('0') });
    if (this.#fundings < 3) yield* this.#reserveFunding();
  }

  #deposit(): void {
    const deposited = 1 + below(this.#random, 1 + Math.floor(this.#script.money / 4));
    if (deposited <= 0) return;
    this.#truth.money += deposited;
    this.#note(() => `${deposited} are deposited`);
    this.#send('money', {
      type: 'credit',
      creditId: `deposit ${this.#now}`,
      amount: textOfMicros(deposited),
    });
  }

  /**
   * A reading begins, or one that began ends. Whoever certifies tells no credit that the reading has seen, and no fill
   * of an order that was settled by it.
   */
  *#certify(): Generator<CashRequest, void, CashOutcome> {
    if (!this.#readsCertified || this.#breaking === 'P4') return;
    const reading = this.#reading;
    if (reading === null) {
      const { money, base } = this.#book;
      this.#reading = {
        at: this.#now,
        version: { money: money.version, base: base.version },
        truth: { ...this.#truth },
        settled: this.#orders.filter(({ state }) => state === 'ended').map(({ name }) => name),
      };
      return;
    }
    this.#reading = null;
    for (const ledger of ['money', 'base'] as const) yield* this.#endReading(ledger, reading);
  }

  *#endReading(ledger: Ledger, reading: CertifiedReading): Generator<CashRequest, void, CashOutcome> {
    const { at, version, truth, settled } = reading;
    const outcome = yield* this.#ask(ledger, {
      type: 'certified',
      readingId: `reading ${at}`,
      confirmed: textOfMicros(truth[ledger]),
      floor: this.#book[ledger].floor,
      sinceVersion: version[ledger],
      settled,
    });
    if (outcome.state === 'refused') return;
    const isSettled = (event: CashEvent) =>
      event.type === 'fill' && outcome.cash.halted === null && settled.includes(event.order);
    const isKept = ({ ledger: to, event, sentAt }: Message) =>
      to !== ledger || (!isSettled(event) && (event.type !== 'credit' || sentAt > at));
    this.#mail.splice(0, this.#mail.length, ...this.#mail.filter(isKept));
  }

  *#ask(ledger: Ledger, event: CashEvent): Generator<CashRequest, CashOutcome, CashOutcome> {
    this.#events++;
    const outcome = yield { ledger, event };
    this.#note(() => `${ledger} ${JSON.stringify(event)}: ${outcome.state}, ${saidOf(outcome)}`);
    this.#book[ledger] = outcome.cash;
    this.#judge.judgeOutcome(ledger, outcome);
    this.#judge.judgeTruth(this.#book, this.#truth);
    return outcome;
  }

  #send(ledger: Ledger, event: CashEvent): void {
    this.#mail.push({ ledger, event, sentAt: this.#now });
  }

  #one(state: CashOrder['state']): CashOrder | null {
    return orderOf(this.#orders, state, this.#random);
  }

  #price(): number {
    return this.#script.path[this.#step] ?? 1;
  }
}

const saidOf = ({ cash: { confirmed, reserved, floor, version } }: CashOutcome): string =>
  `C ${confirmed}, R ${reserved}, B ${floor}, version ${version}`;
