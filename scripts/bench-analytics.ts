// How long the full analytics take, of files to figures: npm run bench:analytics -- [--runs 5] [--folder DIR] [--json]
// Five years of daily prices of fifteen assets, and a year of hourly prices of three: CSV files with `date` and `close` in
// DIR/daily and DIR/hourly, which are ../shared/data/prices unless told. Ends with 1 from 2 s on. Times are those of the
// first run, with cold code, as a person waits for; the median of all runs stands beside it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { analyseSeries } from '../src/domain/correlation/analyse-input.ts';
import type { Observations } from '../src/domain/correlation/common-returns.ts';
import { correlationDistances } from '../src/domain/correlation/correlation-distance.ts';
import { LINKAGES, linkClusters } from '../src/domain/correlation/link-clusters.ts';
import type { SquareMatrix } from '../src/domain/correlation/square-matrix.ts';
import { DEFAULT_ANNUAL_TERMS } from '../src/domain/performance/annual-terms.ts';
import { performanceOfValuations } from '../src/domain/performance/performance-figures.ts';

const TOTAL_MAX_MS = 2_000;
const DAY_MS = 86_400_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    folder: {
      type: 'string',
      default: join(process.env.TRUEUP_REFERENCE_DATA ?? '../shared/data', 'prices'),
    },
    json: { type: 'boolean', default: false },
  },
});
const folder = values.folder;
if (!existsSync(join(folder, 'daily'))) {
  console.error(`reference data not present: expected CSV files in ${folder}/daily and ${folder}/hourly`);
  process.exit(2);
}

const runs = Array.from({ length: Number(values.runs) }, run);
const [first] = runs;
if (first === undefined) throw new Error('--runs: expected 1 or more');
const sorted = runs.map(({ totalMs }) => totalMs).toSorted((a, b) => a - b);
const report = {
  ...first,
  totalMaxMs: TOTAL_MAX_MS,
  runs: runs.length,
  medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
};
if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  for (const set of [first.daily, first.hourly])
    console.log(
      `${set.name}: ${set.assets} assets, ${set.prices} prices, ${set.from} to ${set.to}, level ${set.figures.riskLevel}, ` +
        `${set.figures.clusters} clusters, ${set.figures.effectiveBets?.toFixed(2)} effective bets; ` +
        Object.entries(set.ms)
          .map(([step, ms]) => `${step} ${ms} ms`)
          .join(', '),
    );
  console.log(
    `all: ${first.totalMs} ms, CPU ${first.cpuMs} ms; median of ${report.runs}: ${report.medianMs} ms`,
  );
}
if (first.totalMs >= TOTAL_MAX_MS) process.exitCode = 1;

function run() {
  const cpu = process.cpuUsage();
  const from = performance.now();
  const daily = analyse('daily', 5 * 365 + 1);
  const hourly = analyse('hourly', 365);
  const totalMs = msSince(from);
  const { user, system } = process.cpuUsage(cpu);
  return { daily, hourly, totalMs, cpuMs: Math.round((user + system) / 1_000) };
}

/** The newest days of every file of a folder. */
function analyse(name: 'daily' | 'hourly', days: number) {
  const readFrom = performance.now();
  const { series, times, prices } = readPrices(join(folder, name), days);
  const readMs = msSince(readFrom);
  const analyseFrom = performance.now();
  const plain = analysed({ series, linkage: 'average' });
  const correlationMs = msSince(analyseFrom);
  const linkFrom = performance.now();
  const distances = correlationDistances(plain.correlation as SquareMatrix);
  const heights = LINKAGES.map((linkage) => {
    const merges = linkClusters(distances, linkage);
    return [linkage, merges.map(([, , height]) => height)] as const;
  });
  const linkagesMs = msSince(linkFrom);
  const shrinkFrom = performance.now();
  const shrunk = analysed({ series, linkage: 'average', shrinkage: 'ledoitWolf' });
  const shrinkageMs = msSince(shrinkFrom);
  const performanceFrom = performance.now();
  const earned = Object.entries(series).map(([asset, closes]) => [asset, performed(times, closes)] as const);
  const performanceMs = msSince(performanceFrom);
  return {
    name,
    assets: Object.keys(series).length,
    prices,
    from: times[0] ?? '',
    to: times.at(-1) ?? '',
    ms: {
      read: readMs,
      correlation: correlationMs,
      linkages: linkagesMs,
      shrinkage: shrinkageMs,
      performance: performanceMs,
    },
    figures: {
      heights: Object.fromEntries(heights),
      clusters: plain.clusters.length,
      effectiveBets: plain.effectiveBets,
      effectiveBetsByPrincipalComponents: plain.effectiveBetsByPrincipalComponents,
      impliedCorrelation: plain.impliedCorrelation,
      diversificationRatio: plain.diversificationRatio,
      riskLevel: plain.riskLevel,
      shrinkage: shrunk.shrinkage,
      insufficientPairs: plain.insufficient.length,
      performance: Object.fromEntries(earned),
    },
  };
}

function analysed(input: Omit<Parameters<typeof analyseSeries>[0], 'kind'>) {
  const outcome = analyseSeries({ ...input, kind: 'prices' });
  if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
  return outcome.analysis;
}

/** Every figure of one unit of an asset that is held from the first price to the last. */
function performed(times: readonly string[], closes: Observations) {
  const valuations = closes.flatMap((value, i) =>
    value === null ? [] : [{ atMs: Date.parse(times[i] ?? ''), value }],
  );
  const figures = performanceOfValuations(valuations, [], DEFAULT_ANNUAL_TERMS);
  const { drawdown, valueAtRisk, outcomes } = figures;
  return {
    timeWeightedReturn: figures.timeWeightedReturn.value,
    xirr: figures.xirr.value,
    cagr: figures.cagr.value,
    volatility: figures.volatility.value,
    sharpe: figures.sharpe.value,
    sortino: figures.sortino.value,
    calmar: figures.calmar.value,
    maxDrawdown: drawdown.value?.maximum ?? null,
    winRate: outcomes.value?.winRate.value ?? null,
    var95: valueAtRisk.value?.var95 ?? null,
    cvar95: valueAtRisk.value?.cvar95 ?? null,
  };
}

/** Closing prices by file, on all times that any has; null where one has none. */
function readPrices(path: string, days: number) {
  const files = readdirSync(path)
    .filter((file) => file.endsWith('.csv'))
    .sort();
  const columns = files.map(
    (file) => [file.replace(/-.*$/, ''), closesOf(readFileSync(join(path, file), 'utf8'))] as const,
  );
  const times = [...new Set(columns.flatMap(([, closes]) => [...closes.keys()]))].sort();
  const last = times.at(-1) ?? '';
  const first = new Date(Date.parse(last) - days * DAY_MS).toISOString().slice(0, last.length);
  const window = times.filter((time) => time > first);
  const series = Object.fromEntries(
    columns.map(([name, closes]): [string, Observations] => [
      name,
      window.map((time) => closes.get(time) ?? null),
    ]),
  );
  const prices = Object.values(series)
    .flat()
    .filter((price) => price !== null).length;
  return { series, prices, times: window };
}

function closesOf(text: string): ReadonlyMap<string, number> {
  const [head = '', ...lines] = text.trim().split('\n');
  const place = head.split(',').indexOf('close');
  return new Map(
    lines.flatMap((line) => {
      const cells = line.split(',');
      const close = Number(cells[place]);
      return close > 0 ? [[cells[0] ?? '', close] as const] : [];
    }),
  );
}

function msSince(from: number): number {
  return Math.round((performance.now() - from) * 10) / 10;
}
