import { applyCashEvent, type CashOutcome } from '../../../src/domain/rebalancing/cash-protocol.ts';
import { seededRandom } from '../../../src/platform/random.ts';
import type { CashBreak } from './cash-breaks.ts';
import { type CashScript, drawScript } from './cash-script.ts';
import { type CashHistory, type CashRequest, CashWorld, type Note, openLedgers } from './cash-world.ts';

/** Histories of one seed; their numbers and the seed together make a whole number below 2^53. */
export const HISTORIES_MAX = 2 ** 32;
export const SEED_MAX = 2 ** 20;

export interface CashRun extends CashHistory {
  readonly number: number;
  readonly script: CashScript;
}

/** A history that asks for the ledgers it is opened with, one request at a time. */
export interface OpenHistory {
  readonly script: CashScript;
  readonly requests: Generator<CashRequest, CashHistory, CashOutcome>;
}

const SILENT: Note = () => {};

/** The history of this number: the same one for the same seed, on every machine. */
export function openHistory(
  {
    seed,
    number,
    breaking,
  }: { readonly seed: number; readonly number: number; readonly breaking: CashBreak | null },
  note: Note = SILENT,
): OpenHistory {
  const random = seededRandom(seed * HISTORIES_MAX + number);
  const script = drawScript(random);
  return { script, requests: new CashWorld(script, random, breaking, note).live() };
}

/** Lives a history through with the ledgers in memory: the pure protocol. */
export function runHistory(
  which: { readonly seed: number; readonly number: number; readonly breaking: CashBreak | null },
  note: Note = SILENT,
): CashRun {
  const { script, requests } = openHistory(which, note);
  const ledgers = { ...openLedgers(script) };
  try {
    let next = requests.next();
    while (!next.done) {
      const { ledger, event } = next.value;
      const outcome = applyCashEvent(ledgers[ledger], event);
      ledgers[ledger] = outcome.cash;
      next = requests.next(outcome);
    }
    return { number: which.number, script, ...next.value };
  } catch (error) {
    const threw = { kind: 'threw' as const, reason: String(error) };
    return { number: which.number, script, orders: 0, events: 0, violations: [threw] };
  }
}
