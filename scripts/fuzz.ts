// Changes the answers of a venue in every way and counts what an adapter makes of them:
// npm run fuzz -- --venue dydx --runs 100000 [--seed 1] [--json], and --only N for one run alone

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { elapsedMs } from '../src/platform/clock.ts';
import { type FuzzTally, openFuzzer } from '../tests/support/fuzz/fuzz-run.ts';
import { mergeTallies, whyFailed } from '../tests/support/fuzz/fuzz-tally.ts';
import { FUZZ_VENUES } from '../tests/support/fuzz/fuzz-venues.ts';
import { runAgain } from './run-again.ts';

const { values } = parseArgs({
  options: {
    venue: { type: 'string' },
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    /** The number of the first run. */
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

const [seed, runs, from] = [Number(values.seed), Number(values.runs), Number(values.from)];
const PROGRESS_RUNS = 5_000;
const startedAtMs = elapsedMs();
const workers = Math.min(Number(values.workers), Math.max(1, runs));
const open = FUZZ_VENUES[values.venue ?? ''] ?? refuse();

if (values.only !== undefined) await runOnly(Number(values.only));
else await runAll();

/** One run, with what was changed and what came of it. */
async function runOnly(number: number): Promise<void> {
  const venue = await open();
  try {
    const result = await (await openFuzzer(venue, seed)).run(number);
    console.log(JSON.stringify({ run: number, seed, ...result }, null, 2));
    process.exitCode = result.state === 'known' || result.state === 'unknown' ? 0 : 1;
  } finally {
    await venue.close();
  }
}

async function runAll(): Promise<void> {
  const tally = workers === 1 ? await runHere() : await runBeside();
  const { failures, ...counts } = tally;
  const report = {
    venue: values.venue,
    seed,
    ...counts,
    elapsedMs: Math.round(elapsedMs() - startedAtMs),
    failures,
  };
  if (values.json) console.log(JSON.stringify(report));
  else print(report);
  const failed = whyFailed(tally);
  if (failed !== null) console.error(failed);
  process.exitCode = failed === null ? 0 : 1;
}

async function runHere(): Promise<FuzzTally> {
  const venue = await open();
  try {
    return await (await openFuzzer(venue, seed)).runAll({ from, runs, onRun: tellProgress });
  } finally {
    await venue.close();
  }
}

/** On standard error, so that what is printed stays one document. */
function tellProgress(done: number): void {
  if (done % PROGRESS_RUNS === 0)
    console.error(
      `${values.venue}: ${done} of ${runs} runs from ${from} in ${Math.round((elapsedMs() - startedAtMs) / 1_000)} s`,
    );
}

/** Shares the runs out to processes of this script. */
async function runBeside(): Promise<FuzzTally> {
  const share = Math.ceil(runs / workers);
  const tallies = await Promise.all(
    Array.from({ length: workers }, (_, worker) =>
      runInProcess(from + worker * share, Math.max(0, Math.min(share, runs - worker * share))),
    ),
  );
  return tallies.reduce(mergeTallies);
}

function runInProcess(first: number, count: number): Promise<FuzzTally> {
  const alone = ['--workers', '1', '--json', '--venue', values.venue ?? '', '--seed', String(seed)];
  return runAgain([...alone, '--from', String(first), '--runs', String(count)], `runs from ${first}`);
}

function print(report: FuzzTally & { readonly venue: string | undefined; readonly elapsedMs: number }): void {
  const { venue, known, unknown, crashed, hung, wrong, compared, requests, heapStartMb, heapEndMb } = report;
  console.log(
    `${venue}: ${report.runs} runs of seed ${seed} with ${requests} requests over loopback in ${report.elapsedMs} ms: ` +
      `${known} known, of which ${compared} were held against what the changed documents say, and unknown ` +
      `${JSON.stringify(unknown)}; ${crashed} crashed, ${hung} hung, ${wrong} wrong; ` +
      `heap ${heapStartMb} MB at a tenth of the runs, ${heapEndMb} MB at their end`,
  );
  for (const failure of report.failures) console.log(JSON.stringify(failure, null, 2));
}

function refuse(): never {
  throw new Error(
    `--venue is expected to be one of ${Object.keys(FUZZ_VENUES).join(', ')}, found ${values.venue}`,
  );
}
