import { openDatabase } from '../../../db/database.ts';
import { FAULT_NAMES, type FaultName, SEQUENCES } from './placement-faults.ts';
import { type PlacementResult, runPlacement } from './placement-run.ts';

/** What many runs came to. */
export interface PlacementTally {
  readonly runs: number;
  /** Sequences of faults that were gone through, of all that there are. */
  readonly sequences: number;
  readonly sequencesInAll: number;
  readonly runsOnDatabase: number;
  readonly intents: number;
  readonly ordersAtVenues: number;
  readonly ordersPerIntentMax: number;
  /** Starts of the process: one a run, and one after each crash and restart. */
  readonly starts: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly runsWithViolations: number;
  readonly firstFailure: PlacementResult | null;
}

/** One run of so many has the service's own rows in SQLite, the others a stand-in in memory. */
export const DATABASE_SHARE = 20;
export const isOnDatabase = (seed: number): boolean => seed % DATABASE_SHARE === 0;

/** Runs the seeds from the first one on. */
export async function runPlacements(first: number, runs: number): Promise<PlacementTally> {
  let tally = emptyTally();
  for (let seed = first; seed < first + runs; seed++)
    tally = merge(tally, tallyOf(await runPlacementAlone(seed)));
  return { ...tally, sequences: Math.min(runs, SEQUENCES) };
}

/** A run of its own, with a database of its own. */
export async function runPlacementAlone(seed: number): Promise<PlacementResult> {
  if (!isOnDatabase(seed)) return runPlacement(seed, null);
  const database = await openDatabase(':memory:', { nowMs: 0 });
  try {
    return await runPlacement(seed, database);
  } finally {
    await database.close();
  }
}

const emptyTally = (): PlacementTally => ({
  runs: 0,
  sequences: 0,
  sequencesInAll: SEQUENCES,
  runsOnDatabase: 0,
  intents: 0,
  ordersAtVenues: 0,
  ordersPerIntentMax: 0,
  starts: 0,
  outcomes: {},
  faults: Object.fromEntries(FAULT_NAMES.map((name) => [name, 0])),
  runsWithViolations: 0,
  firstFailure: null,
});

function tallyOf(result: PlacementResult): PlacementTally {
  const { seed, intents, ordersAtVenues, ordersPerIntentMax, starts, outcome, struck, violations } = result;
  const isSound = violations.length === 0;
  return {
    ...emptyTally(),
    runs: 1,
    runsOnDatabase: isOnDatabase(seed) ? 1 : 0,
    intents,
    ordersAtVenues,
    ordersPerIntentMax,
    starts,
    outcomes: { [outcome]: 1 },
    faults: countsOf(struck),
    runsWithViolations: isSound ? 0 : 1,
    firstFailure: isSound ? null : result,
  };
}

/** Both together; `a` has the seeds before those of `b`. */
export function merge(a: PlacementTally, b: PlacementTally): PlacementTally {
  return {
    runs: a.runs + b.runs,
    sequences: Math.min(a.sequences + b.sequences, SEQUENCES),
    sequencesInAll: SEQUENCES,
    runsOnDatabase: a.runsOnDatabase + b.runsOnDatabase,
    intents: a.intents + b.intents,
    ordersAtVenues: a.ordersAtVenues + b.ordersAtVenues,
    ordersPerIntentMax: Math.max(a.ordersPerIntentMax, b.ordersPerIntentMax),
    starts: a.starts + b.starts,
    outcomes: added(a.outcomes, b.outcomes),
    faults: added(a.faults, b.faults),
    runsWithViolations: a.runsWithViolations + b.runsWithViolations,
    firstFailure: a.firstFailure ?? b.firstFailure,
  };
}

type Counts = Readonly<Record<string, number>>;

const added = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [
      name,
      (a[name] ?? 0) + (b[name] ?? 0),
    ]),
  );

const countsOf = (names: readonly FaultName[]): Counts =>
  Object.fromEntries(FAULT_NAMES.map((name) => [name, names.filter((each) => each === name).length]));
