// Lives through random histories of the cash protocol and holds what the venue really has against zero:
// npm run cash-fuzz -- --histories 1000000 --seed 1 [--json], and --only N for one history with all that happened.
// --sqlite 5000 lives through so many on SQLite, in a process that ends between any two statements.
// --break P1 to P6 breaks one rule of the cash theorem, and says after how many histories that was found.
// Exit code 1: something was violated, as it must be with a broken rule; 0: nothing was.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { elapsedMs } from '../src/platform/clock.ts';
import { CASH_BREAKS, type CashBreak } from '../tests/support/cash/cash-breaks.ts';
import { type CashRun, HISTORIES_MAX, runHistory, SEED_MAX } from '../tests/support/cash/cash-run.ts';
import {
  type CashTally,
  findBreak,
  mergeTallies,
  naiveSharesOf,
  runHistories,
  whyFailed,
} from '../tests/support/cash/cash-tally.ts';
import {
  mergeSqliteTallies,
  runSqliteHistories,
  type SqliteTally,
  whySqliteFailed,
} from '../tests/support/cash/sqlite-tally.ts';
import { runAgain } from './run-again.ts';

const { values } = parseArgs({
  options: {
    /** In memory; 100 000, or none where only those on SQLite are asked for. */
    histories: { type: 'string' },
    sqlite: { type: 'string' },
    seed: { type: 'string', default: '1' },
    /** The number of the first history. */
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
    break: { type: 'string' },
    json: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
    /** What a process of this script tells the one that started it. */
    tally: { type: 'boolean', default: false },
  },
});

/** Of either kind. */
interface Tallies {
  readonly memory: CashTally;
  readonly sqlite: SqliteTally;
}

const PROGRESS = { histories: 25_000, sqlite: 500 };
const startedAtMs = elapsedMs();
const seed = numberOf('seed', values.seed, SEED_MAX);
const sqlite = numberOf('sqlite', values.sqlite ?? '0', HISTORIES_MAX);
const histories = numberOf('histories', values.histories ?? (sqlite > 0 ? '0' : '100000'), HISTORIES_MAX);
const from = numberOf('from', values.from, HISTORIES_MAX);
const workers = Math.max(1, numberOf('workers', values.workers, 64));
const breaking = values.break === undefined ? null : breakOf(values.break);

if (values.only !== undefined) runOnly(numberOf('only', values.only, HISTORIES_MAX));
else if (breaking !== null) runBroken(breaking);
else if (values.tally) console.log(JSON.stringify(await runHere()));
else await runAll();

/** One history, with everything that happened in it. */
function runOnly(number: number): void {
  const happened: string[] = [];
  const run = runHistory({ seed, number, breaking }, (words) => happened.push(words()));
  console.log(JSON.stringify({ seed, break: breaking, ...run, happened }, null, 2));
  process.exitCode = run.violations.length === 0 ? 0 : 1;
}

function runBroken(rule: CashBreak): void {
  const { first, ...found } = findBreak(rule, { seed, histories });
  const report = { seed, break: rule, found: first !== null, ...found, elapsedMs: elapsed() };
  if (values.json) console.log(JSON.stringify({ ...report, first: summaryOf(first) }));
  else if (first === null) console.log(`${rule} broken: not found in ${histories} histories`);
  else
    console.log(
      `${rule} broken: found after ${found.untilViolation} histories, an account below zero after ` +
        `${found.untilNegativeCash ?? 'none of them'}; see --break ${rule} --seed ${seed} --only ${first.number}`,
    );
  process.exitCode = first === null ? 0 : 1;
}

async function runAll(): Promise<void> {
  const { memory, sqlite: stored } = workers === 1 ? await runHere() : await runBeside();
  const { naiveNegative: _, ...counts } = memory;
  const report = {
    seed,
    ...counts,
    naiveNegativeShare: naiveSharesOf(memory),
    firstFailure: summaryOf(memory.firstFailure),
    ...(sqlite > 0 && { sqlite: { ...stored, firstFailure: summaryOf(stored.firstFailure) } }),
    elapsedMs: elapsed(),
  };
  console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, null, 2));
  const failures = [whyFailed(memory), whySqliteFailed(stored)].filter((why) => why !== null);
  for (const why of failures) console.error(why);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

async function runHere(): Promise<Tallies> {
  const memory = runHistories({ seed, from, histories }, (done) => tellProgress(done, 'histories'));
  const stored = await runSqliteHistories({ seed, from, histories: sqlite }, (done) =>
    tellProgress(done, 'sqlite'),
  );
  return { memory, sqlite: stored };
}

/** On standard error, so that what is printed stays one document. */
function tellProgress(done: number, kind: 'histories' | 'sqlite'): void {
  if (done % PROGRESS[kind] !== 0) return;
  const all = kind === 'sqlite' ? `${sqlite} histories on SQLite` : `${histories} histories`;
  console.error(`${done} of ${all} from ${from} in ${Math.round(elapsed() / 1_000)} s`);
}

/** Shares the histories out to processes of this script. */
async function runBeside(): Promise<Tallies> {
  const share = (all: number, worker: number) =>
    Math.floor((all * (worker + 1)) / workers) - Math.floor((all * worker) / workers);
  const first = (all: number, worker: number) => from + Math.floor((all * worker) / workers);
  const parts = await Promise.all(
    Array.from({ length: workers }, async (_, worker): Promise<Tallies> => {
      const memory = { from: first(histories, worker), histories: share(histories, worker), sqlite: 0 };
      const stored = { from: first(sqlite, worker), histories: 0, sqlite: share(sqlite, worker) };
      const inMemory = await runInProcess(memory);
      return { memory: inMemory.memory, sqlite: (await runInProcess(stored)).sqlite };
    }),
  );
  return parts.reduce((a, b) => ({
    memory: mergeTallies(a.memory, b.memory),
    sqlite: mergeSqliteTallies(a.sqlite, b.sqlite),
  }));
}

function runInProcess(part: Readonly<Record<'from' | 'histories' | 'sqlite', number>>): Promise<Tallies> {
  const words = Object.entries(part).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return runAgain(['--tally', '--seed', String(seed), ...words], `histories from ${part.from}`);
}

function summaryOf(run: CashRun | null): unknown {
  if (run === null) return null;
  const rule = breaking === null ? '' : ` --break ${breaking}`;
  const replay = `npm run cash-fuzz -- --seed ${seed}${rule} --only ${run.number}`;
  return { number: run.number, violations: run.violations, replay };
}

function elapsed(): number {
  return Math.round(elapsedMs() - startedAtMs);
}

function numberOf(name: string, text: string, below: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number < below) return number;
  throw new Error(`--${name} is expected to be a whole number from 0 to below ${below}, found ${text}`);
}

function breakOf(text: string): CashBreak {
  const rule = CASH_BREAKS.find((each) => each === text);
  if (rule === undefined)
    throw new Error(`--break is expected to be one of ${CASH_BREAKS.join(', ')}, found ${text}`);
  return rule;
}
