// How far plans are from the best there is: against exact optima by HiGHS, beside plain greedy:
// npm run optimality -- --instances 500 --seed 1 [--json]

import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { toNumber } from '../src/domain/money/amount.ts';
import { planRebalance } from '../src/domain/rebalancing/plan.ts';
import { FAMILIES, type Family, instanceOf } from '../tests/support/optimality/instance-families.ts';
import { openOracle, problemOf } from '../tests/support/optimality/milp-oracle.ts';
import { plainGreedy } from '../tests/support/optimality/plain-greedy.ts';

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    family: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const perFamily = Math.ceil(Number(values.instances) / FAMILIES.length);
/** Of the portfolio: what doubles may be off by. */
const TOLERANCE = 1e-6;
const BPS = 10_000;

const now = () => performance.now();
const oracle = await openOracle();
const families = FAMILIES.filter(({ name }) => values.family === undefined || name === values.family);
const reports: Awaited<ReturnType<typeof measure>>[] = [];
for (const family of families) reports.push(await measure(family));
const report = {
  seed,
  instances: perFamily * families.length,
  families: reports,
  planningMs: planningTimes(),
};
if (values.json) console.log(JSON.stringify(report, null, 2));
else for (const each of reports) console.log(JSON.stringify(each));
if (reports.some(({ boundAboveOptimum, betterThanOptimum }) => boundAboveOptimum + betterThanOptimum > 0))
  process.exitCode = 1;

async function measure(family: Family) {
  const gaps: number[] = [];
  const greedyGaps: number[] = [];
  const certified: number[] = [];
  const solverMs: number[] = [];
  let proven = 0;
  let boundAboveOptimum = 0;
  let betterThanOptimum = 0;
  for (let number = 0; number < perFamily; number += 1) {
    const input = instanceOf(family, { seed, number });
    const outcome = planRebalance(input);
    if (outcome.state !== 'planned') throw new Error(`${family.name} ${number}: ${JSON.stringify(outcome)}`);
    const problem = problemOf(input);
    const optimum = await oracle(problem, now);
    solverMs.push(optimum.elapsedMs);
    if (!optimum.isProven) continue;
    proven += 1;
    const { plan } = outcome;
    const bpsOf = (objective: number) => ((objective - optimum.objective) / problem.nav) * BPS;
    const gap = bpsOf(toNumber(plan.objective));
    gaps.push(Math.max(0, gap));
    greedyGaps.push(Math.max(0, bpsOf(plainGreedy(problem))));
    certified.push(toNumber(plan.gapBps));
    if (toNumber(plan.lowerBound) > optimum.objective + TOLERANCE * problem.nav) boundAboveOptimum += 1;
    if (gap < -TOLERANCE * BPS) betterThanOptimum += 1;
    if (process.stderr.isTTY && number % 10 === 0) process.stderr.write(`\r${family.name}: ${number}`);
  }
  return {
    family: family.name,
    instances: perFamily,
    proven,
    gapBps: summary(gaps),
    greedyGapBps: summary(greedyGaps),
    certifiedGapBps: summary(certified),
    boundAboveOptimum,
    betterThanOptimum,
    solverMs: summary(solverMs),
  };
}

/** 30 assets on 3 venues, as often as it takes for a median. */
function planningTimes() {
  const large: Family = {
    name: FAMILIES[3]?.name ?? '',
    venues: [3, 3],
    assets: [30, 30],
    navUsd: [50_000, 500_000],
    lotUsd: [0.01, 1],
    minNotionalUsd: [1, 10],
  };
  const times = Array.from({ length: 60 }, (_, number) => {
    const input = instanceOf(large, { seed, number });
    const from = now();
    planRebalance(input);
    return now() - from;
  });
  // The first ones are compiled while they run.
  return { assets: 30, venues: 3, ...summary(times.slice(10)) };
}

function summary(found: readonly number[]) {
  const sorted = found.toSorted((a, b) => a - b);
  const at = (share: number) =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const mean = found.reduce((sum, one) => sum + one, 0) / Math.max(1, found.length);
  return { mean: rounded(mean), p50: at(0.5), p95: at(0.95), max: rounded(sorted.at(-1) ?? 0) };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
