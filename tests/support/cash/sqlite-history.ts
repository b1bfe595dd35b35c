import { inTransaction } from '../../../db/database.ts';
import {
  type CashAccount,
  commitCashEvent,
  openCashAccount,
  readCashAccount,
  rebuildCashAccount,
} from '../../../db/venue-cash-repository.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import {
  applyCashEvent,
  type CashOutcome,
  type VenueCash,
} from '../../../src/domain/rebalancing/cash-protocol.ts';
import { type Random, seededRandom } from '../../../src/platform/random.ts';
import { below, isDrawn } from '../fuzz/draw.ts';
import type { CashViolation } from './cash-judge.ts';
import { type CashRun, HISTORIES_MAX, openHistory, SEED_MAX } from './cash-run.ts';
import { type CashRequest, type Ledger, openLedgers } from './cash-world.ts';
import { Crash, type CrashingDatabase } from './crashing-database.ts';

export const CRASHES = ['betweenStatements', 'beforeCommit', 'afterCommit'] as const;
export type CrashKind = (typeof CRASHES)[number];

export interface SqliteRun extends CashRun {
  readonly crashes: Readonly<Record<CrashKind, number>>;
}

const CRASH_SHARE = 0.12;
/** The most that committing one event runs. */
const STATEMENTS_MAX = 8;
const LEDGERS = ['money', 'base'] as const;

/**
 * Lives a history through with the ledgers in a database whose process ends again and again: between two statements, at
 * the commit, or with the answer on its way. What was asked is then asked again, as a message is that nobody confirmed.
 * After each crash and at the end, what is stored is held against the reducer over the committed events, and against
 * the same history in memory.
 */
export async function runSqliteHistory(
  { seed, number }: { readonly seed: number; readonly number: number },
  database: CrashingDatabase,
): Promise<SqliteRun> {
  const { script, requests } = openHistory({ seed, number, breaking: null });
  const store = new CrashedStore(number, database, seededRandom((SEED_MAX + seed) * HISTORIES_MAX + number));
  const ledgers = { ...openLedgers(script) };
  try {
    await store.open(ledgers);
    let next = requests.next();
    while (!next.done) {
      const { ledger, event } = next.value;
      ledgers[ledger] = applyCashEvent(ledgers[ledger], event).cash;
      next = requests.next(await store.ask(next.value, ledgers));
    }
    await store.hold(ledgers);
    const violations = [...next.value.violations, ...store.violations];
    return { number, script, ...next.value, violations, crashes: store.crashes };
  } catch (error) {
    database.disarm();
    const threw = { kind: 'threw' as const, reason: String(error) };
    return { number, script, orders: 0, events: 0, violations: [threw], crashes: store.crashes };
  }
}

class CrashedStore {
  readonly crashes: Record<CrashKind, number> = { betweenStatements: 0, beforeCommit: 0, afterCommit: 0 };
  readonly #venue: string;
  readonly #database: CrashingDatabase;
  readonly #random: Random;
  readonly #found = new Map<string, CashViolation>();

  constructor(number: number, database: CrashingDatabase, random: Random) {
    this.#venue = `venue ${number}`;
    this.#database = database;
    this.#random = random;
  }

  get violations(): readonly CashViolation[] {
    return [...this.#found.values()];
  }

  async open(ledgers: Readonly<Record<Ledger, VenueCash>>): Promise<void> {
    const db = await this.#database.db();
    for (const ledger of LEDGERS)
      await openCashAccount(db, this.#account(ledger), { ...ledgers[ledger], atMs: 0 });
  }

  /** Asks until there is an answer. `ledgers` are as they must be afterwards. */
  async ask(request: CashRequest, ledgers: Readonly<Record<Ledger, VenueCash>>): Promise<CashOutcome> {
    for (;;) {
      const crash = isDrawn(this.#random, CRASH_SHARE)
        ? CRASHES[below(this.#random, CRASHES.length)]
        : undefined;
      try {
        const outcome = await this.#commit(request, crash ?? null);
        this.#compare(request.ledger, 'answer', outcome.cash, ledgers[request.ledger]);
        return outcome;
      } catch (error) {
        if (!(error instanceof Crash) || crash === undefined) throw error;
        this.crashes[crash]++;
        await this.#database.reopen();
        await this.hold(crash === 'afterCommit' ? ledgers : null);
      }
    }
  }

  /** Holds what is stored against the committed events, and against what it must be where that is known. */
  async hold(ledgers: Readonly<Record<Ledger, VenueCash>> | null): Promise<void> {
    const db = await this.#database.db();
    for (const ledger of LEDGERS) {
      const stored = await readCashAccount(db, this.#account(ledger));
      this.#compare(ledger, 'rebuilt', stored, await rebuildCashAccount(db, this.#account(ledger)));
      if (ledgers !== null) this.#compare(ledger, 'stored', stored, ledgers[ledger]);
    }
  }

  async #commit({ ledger, event }: CashRequest, crash: CrashKind | null): Promise<CashOutcome> {
    const db = await this.#database.db();
    const account = this.#account(ledger);
    if (crash === 'betweenStatements') this.#database.crashAfter(below(this.#random, STATEMENTS_MAX));
    try {
      if (crash !== 'beforeCommit') {
        const outcome = await commitCashEvent(db, account, event, 0);
        if (crash === 'afterCommit') throw this.#database.crash();
        return outcome;
      }
      return await inTransaction(db, async (trx) => {
        await commitCashEvent(trx, account, event, 0);
        throw this.#database.crash();
      });
    } finally {
      this.#database.disarm();
    }
  }

  #compare(ledger: Ledger, what: string, found: VenueCash | null, expected: VenueCash | null): void {
    const [one, other] = [found, expected].map((cash) => canonicalJson(cash && { ...cash, bookedIds: [] }));
    if (one === other || this.#found.has(ledger)) return;
    this.#found.set(ledger, {
      kind: 'stateDiffers',
      ledger,
      reason: `${what}: expected ${other}, found ${one}`,
    });
  }

  #account(ledger: Ledger): CashAccount {
    return { venue: this.#venue, asset: ledger };
  }
}
