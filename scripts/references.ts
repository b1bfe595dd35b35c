// What this program says beside what others have published, source by source:
// npm run references [-- --json]

import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { xirr } from '../src/domain/performance/xirr.ts';
import { recordedFlows } from '../tests/references/recorded-xirr.ts';
import {
  casesBySource,
  checkReference,
  projectOf,
  type ReferenceCase,
} from '../tests/references/reference-case.ts';
import { OWN_PROJECTS, RECORDED, TRANSCRIBED } from '../tests/references/registry.ts';
import { referenceText } from '../tests/support/reference-data.ts';

/** Of each case: the first ones warm up. */
const RUNS = 15;
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const present = RECORDED.filter(({ path }) => referenceText(path) !== null);
const skipped = RECORDED.filter((file) => !present.includes(file)).map(({ path }) => ({
  path,
  reason: 'reference data not present',
}));
const cases = [...TRANSCRIBED.flat(), ...present.flatMap((file) => file.cases())];
const failures: { source: string; name: string; published: unknown; actual: unknown }[] = [];
const sources = casesBySource(cases).map(([source, ofSource]) => ({
  source,
  assertions: ofSource.length,
  passed: ofSource.filter(isMet).length,
}));
const projects = new Set(cases.map(({ source }) => projectOf(source)));
for (const own of OWN_PROJECTS) projects.delete(own);
const report = {
  sources,
  total: { assertions: cases.length, passed: cases.length - failures.length },
  otherProjects: [...projects].sort(),
  skipped,
  failures,
  xirr: xirrTimes(),
};
if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  for (const { source, assertions, passed } of sources) console.log(`${passed} of ${assertions}  ${source}`);
  for (const { path, reason } of skipped) console.log(`skipped  ${path}: ${reason}`);
  for (const failure of failures) console.log(`wrong  ${JSON.stringify(failure)}`);
  const { assertions, passed } = report.total;
  console.log(`${passed} of ${assertions} in all, of ${projects.size} other projects`);
  if (report.xirr)
    console.log(`xirr: ${report.xirr.medianMs} ms a case at the median of ${report.xirr.cases}`);
}
if (failures.length > 0) process.exitCode = 1;

function isMet(one: ReferenceCase): boolean {
  const { isMet, actual } = checkReference(one);
  if (!isMet) failures.push({ source: one.source, name: one.name, published: one.expected, actual });
  return isMet;
}

/** The time of a case of the recorded corpus, its median of several runs; null without the recordings. */
function xirrTimes() {
  const corpus = recordedFlows();
  if (corpus.length === 0) return null;
  const times = corpus.map((flows) =>
    medianOf(
      Array.from({ length: RUNS }, () => {
        const startMs = performance.now();
        xirr(flows);
        return performance.now() - startMs;
      }),
    ),
  );
  const rounded = (ms: number): number => Number(ms.toFixed(4));
  return { cases: corpus.length, medianMs: rounded(medianOf(times)), maxMs: rounded(Math.max(...times)) };
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
