import type { Cell } from '../../src/domain/attribution/attribution-period.ts';
import type {
  AttributionRecords,
  DatedFlow,
  DatedPayment,
  DatedTrade,
  DatedTransfer,
  Valuation,
} from '../../src/domain/attribution/attribution-periods.ts';
import {
  type Amount,
  add,
  amount,
  isPositive,
  isZero,
  multiply,
  negate,
  subtract,
  ZERO,
} from '../../src/domain/money/amount.ts';
import { seededRandom } from '../../src/platform/random.ts';

const STRATEGIES = ['trend', 'carry', ''];
const VENUES = ['coinbase', 'dydx'];
const ASSETS = ['BTC', 'ETH', 'SOL', 'USD'];
const CASH = 'USD';
const STEP_MS = 86_400_000;
const START_MS = Date.UTC(2024, 0, 1);
const PERIODS_MAX = 16;
const EVENTS_MAX = 4;
const HISTORIES_MAX = 1_000_000;

/**
 * A random history of a portfolio that trades, pays, moves and is paid into, and the records that it leaves. Prices jump,
 * some to nothing; cash is borrowed; assets lose their price for a while; now and then everything is taken out.
 */
export function randomHistory(seed: number, number: number): AttributionRecords {
  return new HistoryWriter(seed * HISTORIES_MAX + number).write();
}

class HistoryWriter {
  readonly #draw: () => number;
  readonly #held = new Map<string, { readonly cell: Cell; quantity: Amount }>();
  readonly #prices = new Map<string, Amount>();
  readonly #valuations: Valuation[] = [];
  readonly #flows: DatedFlow[] = [];
  readonly #trades: DatedTrade[] = [];
  readonly #payments: DatedPayment[] = [];
  readonly #transfers: DatedTransfer[] = [];
  /** How far prices go in a period of this history, as a logarithm. */
  readonly #swing: number;

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#draw = () => random.next();
    this.#swing = this.#pick([0, 1e-9, 0.001, 0.03, 0.3]);
    for (const asset of ASSETS)
      this.#prices.set(asset, asset === CASH ? amount('1') : this.#between(0.01, 60_000));
  }

  write(): AttributionRecords {
    const periods = 1 + Math.floor(this.#draw() * PERIODS_MAX);
    let atMs = START_MS;
    if (this.#draw() < 0.95) this.#fund(atMs - 1, this.#cell(), amount('20000'));
    this.#value(atMs);
    for (let period = 0; period < periods; period++) {
      this.#live(atMs);
      atMs += STEP_MS;
      this.#value(atMs);
    }
    return {
      valuations: this.#valuations,
      flows: this.#flows,
      trades: this.#trades,
      payments: this.#payments,
      transfers: this.#transfers,
    };
  }

  #live(fromMs: number): void {
    if (this.#draw() < 0.5) this.#fund(fromMs, this.#cell());
    const events = Math.floor(this.#draw() * (EVENTS_MAX + 1));
    for (let event = 1; event <= events; event++) {
      this.#move();
      const atMs = fromMs + Math.floor((STEP_MS * event) / (events + 1));
      const drawn = this.#draw();
      if (drawn < 0.5) this.#trade(atMs);
      else if (drawn < 0.65) this.#pay(atMs);
      else if (drawn < 0.8) this.#transfer(atMs);
      else if (drawn < 0.98) this.#fund(atMs, this.#cell());
      else this.#takeAllOut(atMs);
    }
    this.#move();
  }

  #value(atMs: number): void {
    const unpriced = this.#draw() < 0.05 ? [this.#pick(['BTC', 'ETH', 'SOL'])] : [];
    const values = [...this.#held.values()]
      .filter(({ cell, quantity }) => !isZero(quantity) && !unpriced.includes(cell.asset))
      .map(({ cell, quantity }) => ({ ...cell, valueUsd: multiply(quantity, this.#price(cell.asset)) }));
    this.#valuations.push({ atMs, values, unpriced });
  }

  #fund(atMs: number, cell: Cell, worth = this.#between(-3_000, 10_000)): void {
    const quantity = this.#quantityOf(cell.asset, worth);
    this.#change(cell, quantity);
    this.#flows.push({ atMs, ...cell, valueUsd: multiply(quantity, this.#price(cell.asset)) });
  }

  #takeAllOut(atMs: number): void {
    for (const entry of this.#held.values()) {
      const valueUsd = negate(multiply(entry.quantity, this.#price(entry.cell.asset)));
      this.#flows.push({ atMs, ...entry.cell, valueUsd });
      entry.quantity = ZERO;
    }
  }

  #trade(atMs: number): void {
    const cell = { ...this.#cell(), asset: this.#pick(['BTC', 'ETH', 'SOL']) };
    const mid = this.#price(cell.asset);
    if (isZero(mid)) return;
    const side = this.#pick(['buy', 'sell'] as const);
    const quantity = this.#quantityOf(cell.asset, this.#between(1, 5_000));
    if (!isPositive(quantity)) return;
    const quoteUsd = multiply(quantity, multiply(mid, this.#between(0.99, 1.01)));
    const fee = { asset: this.#pick([CASH, cell.asset, 'SOL']), quantity: ZERO };
    fee.quantity = this.#quantityOf(fee.asset, this.#between(0, 20));
    const signed = side === 'buy' ? quantity : negate(quantity);
    this.#change(cell, signed);
    this.#change({ ...cell, asset: CASH }, side === 'buy' ? negate(quoteUsd) : quoteUsd);
    this.#change({ ...cell, asset: fee.asset }, negate(fee.quantity));
    this.#trades.push({
      atMs,
      ...cell,
      quote: CASH,
      side,
      quantity,
      quoteUsd,
      decisionMidUsd: this.#draw() < 0.8 ? mid : null,
      fee: {
        asset: fee.asset,
        valueUsd: this.#draw() < 0.9 ? multiply(fee.quantity, this.#price(fee.asset)) : null,
      },
    });
  }

  #pay(atMs: number): void {
    const cell = this.#cell();
    const kind = this.#pick(['funding', 'reward', 'fee'] as const);
    const paidIn = kind === 'reward' ? cell.asset : CASH;
    const worth = this.#between(0, 50);
    const quantity = this.#quantityOf(paidIn, kind === 'fee' || this.#draw() < 0.3 ? negate(worth) : worth);
    this.#change({ ...cell, asset: paidIn }, quantity);
    const valueUsd = multiply(quantity, this.#price(paidIn));
    this.#payments.push({ atMs, ...cell, kind, paidIn, valueUsd });
  }

  #transfer(atMs: number): void {
    const from = this.#cell();
    const to = { ...this.#cell(), asset: from.asset };
    const quantity = this.#quantityOf(from.asset, this.#between(0, 2_000));
    this.#change(from, negate(quantity));
    this.#change(to, quantity);
    this.#transfers.push({ atMs, from, to, valueUsd: multiply(quantity, this.#price(from.asset)) });
  }

  #move(): void {
    for (const [asset, price] of this.#prices) {
      const swing = asset === CASH ? this.#swing / 100 : this.#swing;
      const factor = this.#draw() < 0.001 ? 0 : Math.exp(swing * (2 * this.#draw() - 1));
      this.#prices.set(asset, amount(Number(multiply(price, amount(factor.toFixed(12)))).toFixed(10)));
    }
  }

  #change(cell: Cell, quantity: Amount): void {
    const key = JSON.stringify(cell);
    const entry = this.#held.get(key) ?? { cell, quantity: ZERO };
    entry.quantity = add(entry.quantity, quantity);
    this.#held.set(key, entry);
  }

  #cell(): Cell {
    return {
      strategy: this.#pick(STRATEGIES),
      venue: this.#pick(VENUES),
      asset: this.#draw() < 0.6 ? CASH : this.#pick(ASSETS),
    };
  }

  #price = (asset: string): Amount => this.#prices.get(asset) ?? ZERO;
  #pick = <T>(from: readonly T[]): T => from[Math.floor(this.#draw() * from.length)] as T;
  #between = (low: number, high: number): Amount => amount((low + this.#draw() * (high - low)).toFixed(6));
  #quantityOf(asset: string, worth: Amount): Amount {
    const price = this.#price(asset);
    return isZero(price) ? ZERO : amount((Number(worth) / Number(price)).toFixed(10));
  }
}

/**
 * 1 + the return of each pair of valuations by the definition alone, from totals, as a fraction: null where the base is
 * not above zero, and where an asset has no price, because totals are not comparable then.
 */
export function growthOf(
  records: AttributionRecords,
): readonly ({ readonly endUsd: Amount; readonly baseUsd: Amount } | null)[] {
  return records.valuations.slice(1).map((closing, index) => {
    const opening = records.valuations[index] as Valuation;
    if (opening.unpriced.length + closing.unpriced.length > 0) return null;
    let baseUsd = totalOf(opening);
    let endUsd = totalOf(closing);
    for (const { atMs, valueUsd } of records.flows) {
      if (atMs < opening.atMs || atMs >= closing.atMs) continue;
      if (atMs > opening.atMs && valueUsd.startsWith('-')) endUsd = subtract(endUsd, valueUsd);
      else baseUsd = add(baseUsd, valueUsd);
    }
    return isPositive(baseUsd) ? { endUsd, baseUsd } : null;
  });
}

const totalOf = ({ values }: Valuation): Amount =>
  values.reduce<Amount>((total, { valueUsd }) => add(total, valueUsd), ZERO);
