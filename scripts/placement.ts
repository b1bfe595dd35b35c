// Places orders while everything around them fails, and counts what the venues have of each:
// npm run placement -- --runs 100000 --seed 1 [--wire 200] [--json], and --only SEED for one run alone

import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import {
  DATABASE_SHARE,
  merge,
  type PlacementTally,
  runPlacementAlone,
  runPlacements,
} from '../tests/support/placement/placement-tally.ts';
import {
  runWirePlacement,
  runWirePlacements,
  type WireTally,
} from '../tests/support/placement/wire-placement.ts';
import { runAgain } from './run-again.ts';

const REAL =
  'In process, these are real: the planner, the execution, its actor, the rules of the book, the matching of the ' +
  `simulated venue, and in one run of ${DATABASE_SHARE} the rows in SQLite, in memory; the others keep what outlives ` +
  'a process in maps. The network, the reconciliation of a venue and the death of the process are simulated. Over the ' +
  'wire the whole service runs on a database file, with the real adapters, against venues that speak HTTP on loopback.';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    wire: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

if (values.only !== undefined) await runOnly(Number(values.only));
else await runAll();

/** One seed, with all that happened. */
async function runOnly(seed: number): Promise<void> {
  const result = Number(values.wire) > 0 ? await runWirePlacement(seed) : await runPlacementAlone(seed);
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = result.violations.length === 0 ? 0 : 1;
}

async function runAll(): Promise<void> {
  const startedAtMs = performance.now();
  const seed = Number(values.seed);
  const runs = Number(values.runs);
  const workers = Math.min(Number(values.workers), Math.max(1, runs));
  const inProcess =
    workers === 1 ? await runPlacements(seed, runs) : await runBeside({ seed, runs, workers });
  const wire = await runWirePlacements(seed, Number(values.wire));
  const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10;
  if (values.json) console.log(JSON.stringify({ seed, inProcess, wire, seconds, real: REAL }, null, 2));
  else print(inProcess, wire, seconds);
  process.exitCode = inProcess.runsWithViolations + wire.runsWithViolations === 0 ? 0 : 1;
}

/** Shares the seeds out to processes of this script. */
async function runBeside(all: {
  readonly seed: number;
  readonly runs: number;
  readonly workers: number;
}): Promise<PlacementTally> {
  const share = Math.ceil(all.runs / all.workers);
  const tallies = await Promise.all(
    Array.from({ length: all.workers }, (_, worker) => {
      const runs = Math.max(0, Math.min(share, all.runs - worker * share));
      return runInProcess(all.seed + worker * share, runs);
    }),
  );
  return tallies.reduce(merge);
}

async function runInProcess(seed: number, runs: number): Promise<PlacementTally> {
  const words = ['--workers', '1', '--json', '--seed', String(seed), '--runs', String(runs)];
  const { inProcess } = await runAgain<{ readonly inProcess: PlacementTally }>(words, `seeds from ${seed}`);
  return inProcess;
}

function print(inProcess: PlacementTally, wire: WireTally, seconds: number): void {
  const { runs, sequences, sequencesInAll, intents, ordersAtVenues, ordersPerIntentMax, starts } = inProcess;
  console.log(REAL);
  console.log(
    `${runs} runs in process: ${sequences} of ${sequencesInAll} sequences of up to four faults, ${intents} intents, ` +
      `${ordersAtVenues} orders at venues, at most ${ordersPerIntentMax} an intent, ${starts} starts; ` +
      `${inProcess.runsOnDatabase} runs on SQLite`,
  );
  console.log(`they end: ${JSON.stringify(inProcess.outcomes)}`);
  console.log(`faults that struck: ${JSON.stringify(inProcess.faults)}`);
  if (wire.runs > 0)
    console.log(
      `${wire.runs} runs over the wire: ${wire.intents} intents, ${wire.ordersAtVenues} orders at venues, at most ` +
        `${wire.ordersPerIntentMax} an intent, ${wire.starts} starts; they end: ${JSON.stringify(wire.outcomes)}; ` +
        `faults that struck: ${JSON.stringify(wire.faults)}`,
    );
  console.log(
    `${inProcess.runsWithViolations + wire.runsWithViolations} runs with a violation, ${seconds} s`,
  );
  for (const failure of [inProcess.firstFailure, wire.firstFailure])
    if (failure !== null) console.log(JSON.stringify(failure, null, 2));
}
