import type { CandidateCause } from '../domain/reconciliation/candidate.ts';
import type { Incident } from './incident.ts';
import { type IncidentJudgement, type IncidentVerdict, judgeIncident } from './judge-incident.ts';
import { makeIncident } from './make-incident.ts';
import { type CoreRun, runCore } from './run-core.ts';

export interface IncidentsReport {
  readonly count: number;
  readonly seed: number;
  /** Explanations whose postings do not sum to the difference. */
  readonly residualNonZero: number;
  /** Among the incidents with exactly one minimal exact explanation: the share whose causes are all true. */
  readonly causesCorrect: number;
  readonly uniqueShare: number;
  /** Among the incidents with several minimal exact explanations: the share that the core called ambiguous. */
  readonly ambiguousFlagged: number;
  readonly ambiguousShare: number;
  readonly p95Ms: number;
  /** The share in which book and venue agree after what was applied or approved. */
  readonly corrected: number;
  readonly correctedUnasked: number;
  readonly wrongCorrections: number;
  readonly wrongApproved: number;
  /** Incidents with more candidates than can be enumerated: they count in neither share. */
  readonly notEnumerated: number;
  readonly policy: string;
  readonly byVerdict: Readonly<Record<string, number>>;
  readonly byCause: Readonly<Record<string, { readonly true: number; readonly found: number }>>;
}

export interface JudgedIncident {
  readonly incident: Incident;
  readonly run: CoreRun;
  readonly judgement: IncidentJudgement;
}

/** Makes incidents, runs the core on each and judges it. The same seed gives the same report but for its times. */
export function judgeIncidents(input: {
  readonly count: number;
  readonly seed: number;
  readonly elapsedMs: () => number;
  /** Before the core runs: what it will see, while the book is still as it was. */
  readonly onIncident?: (incident: Incident) => void;
  readonly onJudged?: (judged: JudgedIncident) => void;
}): IncidentsReport {
  const judged: { judgement: IncidentJudgement; coreMs: number; isUnaskedOnly: boolean }[] = [];
  const causes = new Map<CandidateCause, { true: number; found: number }>();
  for (let number = 1; number <= input.count; number += 1) {
    const incident = makeIncident(input.seed, number);
    input.onIncident?.(incident);
    const { truth, ...seen } = incident;
    const run = runCore(seen, input.elapsedMs);
    const judgement = judgeIncident(truth, run);
    for (const { cause } of truth) countCause(causes, cause, 'true');
    for (const { cause } of judgement.found) countCause(causes, cause, 'found');
    const applied = run.rounds.flatMap(({ corrections }) => corrections.map((one) => one.applied));
    judged.push({ judgement, coreMs: run.coreMs, isUnaskedOnly: !applied.includes('approved') });
    input.onJudged?.({ incident, run, judgement });
  }
  const judgements = judged.map(({ judgement }) => judgement);
  const counted = (of: (judgement: IncidentJudgement) => number) =>
    judgements.reduce((total, judgement) => total + of(judgement), 0);
  const single = judgements.filter(({ explanations }) => explanations === 1);
  const several = judgements.filter(({ explanations }) => explanations !== null && explanations > 1);
  return {
    count: input.count,
    seed: input.seed,
    residualNonZero: counted(({ residualNonZero }) => residualNonZero),
    causesCorrect: share(single, ({ causesCorrect }) => causesCorrect),
    uniqueShare: share(judgements, ({ verdict }) => verdict === 'unique'),
    ambiguousFlagged: share(several, ({ verdict }) => verdict === 'ambiguous'),
    ambiguousShare: several.length / Math.max(1, input.count),
    p95Ms: percentile(
      judged.map(({ coreMs }) => coreMs),
      0.95,
    ),
    corrected: share(judgements, ({ corrected }) => corrected),
    correctedUnasked: share(judged, ({ judgement, isUnaskedOnly }) => judgement.corrected && isUnaskedOnly),
    wrongCorrections: counted(({ wrongUnasked }) => wrongUnasked),
    wrongApproved: counted(({ wrongApproved }) => wrongApproved),
    notEnumerated: judgements.filter(({ explanations }) => explanations === null).length,
    policy:
      'auto with its caps lifted; a person approves what has one explanation and rests on a supposition',
    byVerdict: tally(judgements.map(({ verdict }) => verdict)),
    byCause: Object.fromEntries([...causes].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function countCause(
  causes: Map<CandidateCause, { true: number; found: number }>,
  cause: CandidateCause,
  as: 'true' | 'found',
): void {
  const known = causes.get(cause) ?? { true: 0, found: 0 };
  causes.set(cause, { ...known, [as]: known[as] + 1 });
}

/** Of nothing, all of it: what never happened was never missed. */
function share<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.length === 0 ? 1 : round(all.filter(is).length / all.length);
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0);
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;

function tally(verdicts: readonly IncidentVerdict[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const verdict of [...verdicts].sort()) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}
