import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashingDatabase } from './crashing-database.ts';
import { CRASHES, type CrashKind, runSqliteHistory, type SqliteRun } from './sqlite-history.ts';

/** What histories on SQLite came to. */
export interface SqliteTally {
  readonly histories: number;
  /** Of which the database was a file that was dropped and opened again with every crash. */
  readonly onFile: number;
  readonly events: number;
  readonly crashes: Readonly<Record<CrashKind, number>>;
  readonly negativeCash: number;
  readonly overReserved: number;
  /** What is stored was not what the reducer makes of the committed events. */
  readonly stateDiffers: number;
  readonly otherViolations: number;
  readonly firstFailure: SqliteRun | null;
}

/** One history of so many is on a file. */
const FILE_SHARE = 20;
/** Histories on one database, which grows with them. */
const HISTORIES_PER_DATABASE = 100;

/** Runs histories from `from` on, each with its own accounts. */
export async function runSqliteHistories(
  { seed, from, histories }: { readonly seed: number; readonly from: number; readonly histories: number },
  onHistory: (done: number) => void = () => {},
): Promise<SqliteTally> {
  const folder = mkdtempSync(join(tmpdir(), 'trueup-'));
  const tallies: SqliteTally[] = [];
  let memory = new CrashingDatabase(':memory:');
  const file = new CrashingDatabase(join(folder, 'cash.sqlite'));
  try {
    for (let number = from; number < from + histories; number++) {
      const database = number % FILE_SHARE === 0 ? file : memory;
      tallies.push(tallyOf(await runSqliteHistory({ seed, number }, database), database.isFile));
      onHistory(number - from + 1);
      if ((number - from + 1) % HISTORIES_PER_DATABASE !== 0) continue;
      await memory.close();
      memory = new CrashingDatabase(':memory:');
    }
    return tallies.reduce(mergeSqliteTallies, EMPTY);
  } finally {
    await memory.close();
    await file.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const EMPTY: SqliteTally = {
  histories: 0,
  onFile: 0,
  events: 0,
  crashes: { betweenStatements: 0, beforeCommit: 0, afterCommit: 0 },
  negativeCash: 0,
  overReserved: 0,
  stateDiffers: 0,
  otherViolations: 0,
  firstFailure: null,
};

function tallyOf(run: SqliteRun, isOnFile: boolean): SqliteTally {
  const kinds: readonly string[] = run.violations.map(({ kind }) => kind);
  const isKnown = (kind: string) => ['negativeCash', 'overReserved', 'stateDiffers'].includes(kind);
  const count = (is: boolean) => (is ? 1 : 0);
  return {
    histories: 1,
    onFile: count(isOnFile),
    events: run.events,
    crashes: run.crashes,
    negativeCash: count(kinds.includes('negativeCash')),
    overReserved: count(kinds.includes('overReserved')),
    stateDiffers: count(kinds.includes('stateDiffers')),
    otherViolations: count(kinds.some((kind) => !isKnown(kind))),
    firstFailure: kinds.length === 0 ? null : run,
  };
}

/** Both together; `a` has the histories before those of `b`. */
export function mergeSqliteTallies(a: SqliteTally, b: SqliteTally): SqliteTally {
  return {
    histories: a.histories + b.histories,
    onFile: a.onFile + b.onFile,
    events: a.events + b.events,
    crashes: Object.fromEntries(
      CRASHES.map((kind) => [kind, a.crashes[kind] + b.crashes[kind]]),
    ) as SqliteTally['crashes'],
    negativeCash: a.negativeCash + b.negativeCash,
    overReserved: a.overReserved + b.overReserved,
    stateDiffers: a.stateDiffers + b.stateDiffers,
    otherViolations: a.otherViolations + b.otherViolations,
    firstFailure: a.firstFailure ?? b.firstFailure,
  };
}

/** What must not have come of a run; null where all is well. */
export function whySqliteFailed({ firstFailure }: SqliteTally): string | null {
  if (firstFailure === null) return null;
  const kinds = firstFailure.violations.map(({ kind }) => kind).join(', ');
  return `expected no violation on SQLite, found ${kinds} first in history ${firstFailure.number}`;
}
