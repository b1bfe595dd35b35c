import { type Amount, add, negate, subtract, ZERO } from '../domain/money/amount.ts';
import { type Candidate, keyOfDelta } from '../domain/reconciliation/candidate.ts';
import type { Explanation } from '../domain/reconciliation/explain.ts';
import { ENUMERATED_MAX, enumerateExplanations } from './enumerate-explanations.ts';
import type { TrueCause } from './incident.ts';
import type { CoreRound, CoreRun, DecidedCorrection } from './run-core.ts';

export type IncidentVerdict = 'unique' | 'ambiguous' | 'none' | 'limitReached' | 'nothingDiffers';

/** What is true of the core's answer to one incident, worked out with the truth at hand. */
export interface IncidentJudgement {
  readonly verdict: IncidentVerdict;
  /**
   * How many minimal exact explanations there are: the most of any venue and round, or none where anything that
   * differs has none; null where there are too many events to count.
   */
  readonly explanations: number | null;
  /** The causes that were explained are the true ones, all of them and no other. */
  readonly causesCorrect: boolean;
  /** Explanations whose postings do not sum to the difference. */
  readonly residualNonZero: number;
  /** Book and venue agree at the end, to the last digit. */
  readonly corrected: boolean;
  /** Corrections applied by themselves of which an event is not true, or which leave their own differences. */
  readonly wrongUnasked: number;
  /** The same of those that were proposed with one explanation and approved. */
  readonly wrongApproved: number;
  /** True causes that were explained. */
  readonly found: readonly TrueCause[];
}

export function judgeIncident(truth: readonly TrueCause[], run: CoreRun): IncidentJudgement {
  const matched = new Set<TrueCause>();
  let untrue = 0;
  for (const { explanations } of run.rounds) {
    for (const { verdict, isInformational, isPartial, events } of explanations) {
      if (verdict !== 'unique' || isInformational || isPartial) continue;
      for (const event of events) {
        const cause = truth.find((one) => !matched.has(one) && isSame(one, event));
        if (cause === undefined) untrue += 1;
        else matched.add(cause);
      }
    }
  }
  const decided = run.rounds.flatMap((round) => round.corrections.map((one) => ({ round, one })));
  const wrong = (applied: DecidedCorrection['applied']): number =>
    decided.filter(({ round, one }) => one.applied === applied && isWrong(one, round, truth)).length;
  return {
    verdict: verdictOf(run),
    explanations: combined(run.rounds.map(countExplanations)),
    causesCorrect: untrue === 0 && matched.size === truth.length,
    residualNonZero: run.rounds.flatMap((round) =>
      round.corrections.filter(
        ({ explanation, correction }) => !sumsUp(explanation, round, correction.parts),
      ),
    ).length,
    corrected: run.left.every(({ differences }) => differences.length === 0),
    wrongUnasked: wrong('unasked'),
    wrongApproved: wrong('approved'),
    found: [...matched],
  };
}

const WORST_FIRST = ['ambiguous', 'limitReached', 'none', 'unique'] as const;

function verdictOf({ rounds }: CoreRun): IncidentVerdict {
  const said = rounds.flatMap(({ explanations }) =>
    explanations
      .filter(({ isInformational }) => !isInformational)
      .map(({ verdict, isPartial }) => (isPartial && verdict === 'unique' ? 'none' : verdict)),
  );
  return WORST_FIRST.find((verdict) => said.includes(verdict)) ?? 'nothingDiffers';
}

function combined(counts: readonly (number | null | 'agreed')[]): number | null {
  const different = counts.filter((count) => count !== 'agreed');
  const most = Math.max(0, ...different.map((count) => count ?? 0));
  if (most > 1) return most;
  if (different.includes(null)) return null;
  return different.includes(0) ? 0 : most;
}

/** Of a whole venue at once, from every candidate that there is. */
function countExplanations({ comparison, candidates }: CoreRound): number | null | 'agreed' {
  const target = new Map<string, Amount>(
    comparison.differences
      .filter(({ bucket }) => bucket !== 'order')
      .map((difference) => [keyOfDelta(difference), difference.delta]),
  );
  if (target.size === 0) return 'agreed';
  if (candidates.length > ENUMERATED_MAX) return null;
  return enumerateExplanations(
    target,
    candidates.map(({ deltas }) => ({
      deltas: deltas.map((delta) => ({ key: keyOfDelta(delta), amount: delta.amount })),
    })),
  ).length;
}

/** The same cause of the same thing: by what it is called, what it names and what it moves. */
function isSame(cause: TrueCause, event: Candidate): boolean {
  if (cause.venue !== event.venue || cause.cause !== event.cause) return false;
  if (cause.reference !== null && !event.evidence.includes(cause.reference)) return false;
  const totals = event.deltas.filter(({ bucket }) => bucket === 'total');
  return (
    totals.length === cause.deltas.size &&
    totals.every(({ asset, amount }) => cause.deltas.get(asset) === amount)
  );
}

function isWrong({ explanation }: DecidedCorrection, round: CoreRound, truth: readonly TrueCause[]): boolean {
  const isUntrue = explanation.events.some((event) => !truth.some((cause) => isSame(cause, event)));
  const parts = explanation.events.map(({ movement }) => movement);
  return isUntrue || !sumsUp(explanation, round, parts);
}

/** What is posted at the venue, per asset, is the difference there: nothing is left and nothing else is moved. */
function sumsUp(
  explanation: Explanation,
  { input, comparison }: CoreRound,
  parts: readonly { readonly movements: Candidate['movement']['movements'] }[],
): boolean {
  const left = new Map<string, Amount>();
  for (const { asset, bucket, delta } of comparison.differences) {
    if (bucket === 'order' || !explanation.assets.includes(asset)) continue;
    left.set(`${asset} ${bucket}`, delta);
  }
  for (const { venue, asset, bucket, amount } of parts.flatMap(({ movements }) => movements)) {
    if (venue !== input.venue || (bucket !== 'available' && bucket !== 'hold')) continue;
    const move = (key: string, moved: Amount) => left.set(key, add(left.get(key) ?? ZERO, moved));
    move(`${asset} total`, negate(amount));
    if (bucket === 'hold' && left.has(`${asset} hold`)) move(`${asset} hold`, negate(amount));
  }
  return [...left.values()].every((rest) => subtract(rest, ZERO) === ZERO);
}
