// Lives through random histories of the cash protocol and holds what the venue really has against zero:
// npm run cash-fuzz -- --histories 1000000 --seed 1 [--json], and --only N for one history with all that happened.
// --break P1 to P6 breaks one rule of the cash theorem, and says after how many histories that was found.
// Exit code 1: something was violated, as it must be with a broken rule; 0: nothing was.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { elapsedMs } from '../src/platform/clock.ts';
import { CASH_BREAKS, type CashBreak } from '../tests/support/cash/cash-breaks.ts';
import { type CashRun, HISTORIES_MAX, runHistory, SEED_MAX } from '../tests/support/cash/cash-run.ts';
import {
  type CashTally,
  findBreak,
  mergeTallies,
  naiveShareOf,
  runHistories,
  whyFailed,
} from '../tests/support/cash/cash-tally.ts';
import { NAIVE_POLICIES } from '../tests/support/cash/naive-policies.ts';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '100000' },
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

const PROGRESS_HISTORIES = 25_000;
const startedAtMs = elapsedMs();
const seed = numberOf('seed', values.seed, SEED_MAX);
const histories = numberOf('histories', values.histories, HISTORIES_MAX);
const from = numberOf('from', values.from, HISTORIES_MAX);
const workers = Math.max(1, Math.min(numberOf('workers', values.workers, 64), histories));
const breaking = values.break === undefined ? null : breakOf(values.break);

if (values.only !== undefined) runOnly(numberOf('only', values.only, HISTORIES_MAX));
else if (breaking !== null) runBroken(breaking);
else if (values.tally) console.log(JSON.stringify(runHere()));
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
  const elapsed = Math.round(elapsedMs() - startedAtMs);
  const report = { seed, break: rule, found: first !== null, ...found, elapsedMs: elapsed };
  if (values.json) console.log(JSON.stringify({ ...report, first: first && summaryOf(first) }));
  else if (first === null) console.log(`${rule} broken: not found in ${histories} histories`);
  else
    console.log(
      `${rule} broken: found after ${found.untilViolation} histories, an account below zero after ` +
        `${found.untilNegativeCash ?? 'none of them'}; see --break ${rule} --seed ${seed} --only ${first.number}`,
    );
  process.exitCode = first === null ? 0 : 1;
}

async function runAll(): Promise<void> {
  const tally = workers === 1 ? runHere() : await runBeside();
  const { naiveNegative: _counts, firstFailure, ...counts } = tally;
  const naiveNegativeShare = Object.fromEntries(
    NAIVE_POLICIES.map((policy) => [policy, naiveShareOf(tally, policy)]),
  );
  const elapsed = Math.round(elapsedMs() - startedAtMs);
  const report = { seed, ...counts, naiveNegativeShare, elapsedMs: elapsed };
  if (values.json)
    console.log(JSON.stringify({ ...report, firstFailure: firstFailure && summaryOf(firstFailure) }));
  else
    console.log(
      `${tally.histories} histories of seed ${seed} with ${tally.events} events and ${tally.orders} orders in ` +
        `${elapsed} ms: negativeCash ${tally.negativeCash}, overReserved ${tally.overReserved}, others ` +
        `${JSON.stringify(tally.otherViolations)}; without the protocol ${JSON.stringify(naiveNegativeShare)} of the ` +
        'same histories are overdrawn',
    );
  const failed = whyFailed(tally);
  if (failed !== null) console.error(failed);
  process.exitCode = failed === null ? 0 : 1;
}

function summaryOf({ number, violations }: CashRun): unknown {
  const rule = breaking === null ? '' : ` --break ${breaking}`;
  const replay = `npm run cash-fuzz -- --seed ${seed}${rule} --only ${number}`;
  return { number, violations, replay };
}

/** Progress goes to standard error, so that what is printed stays one document. */
function runHere(): CashTally {
  return runHistories({ seed, from, histories }, (done) => {
    if (done % PROGRESS_HISTORIES !== 0) return;
    const seconds = Math.round((elapsedMs() - startedAtMs) / 1_000);
    console.error(`${done} of ${histories} histories from ${from} in ${seconds} s`);
  });
}

/** Shares the histories out to processes of this script. */
async function runBeside(): Promise<CashTally> {
  const share = Math.ceil(histories / workers);
  const tallies = await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const first = worker * share;
      return runInProcess(from + first, Math.max(0, Math.min(share, histories - first)));
    }),
  );
  return tallies.reduce(mergeTallies);
}

function runInProcess(first: number, count: number): Promise<CashTally> {
  const words = ['--tally', '--seed', String(seed), '--from', String(first), '--histories', String(count)];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text) as CashTally);
      else reject(new Error(`histories from ${first}: expected a tally, found exit code ${code}`));
    });
  });
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
