import { WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import type { CountedSignal, View } from './aggregate.ts';
import type { AggregationRules } from './aggregation-rules.ts';

/** Weights are whole millionths: what is less than this beyond a limit, rounding may have made. */
const BLUR = 0.0001;

type Rules = Pick<AggregationRules, 'method' | 'sourcesMin' | 'conflictMax'>;

/** What counts as one view, or why there is none; and how far the sources disagree. To a millionth. */
export function formView(
  counted: readonly CountedSignal[],
  rules: Rules,
): { readonly view: View; readonly conflict: number | null } {
  const weightPpm = counted.reduce((sum, each) => sum + each.weightPpm, 0);
  if (weightPpm === 0) return { view: none('noSignals', 'no signal counts'), conflict: null };
  const long = saidBy(counted.filter(({ score }) => score > 0));
  const short = -saidBy(counted.filter(({ score }) => score < 0));
  const conflict = long + short === 0 ? 0 : millionths((2 * Math.min(long, short)) / (long + short));
  const confidence = millionths(
    counted.reduce((sum, each) => sum + each.weightPpm * each.signal.confidence * each.factors.decay, 0) /
      weightPpm,
  );
  const formed = (view: View) => ({ view, conflict });
  const speaking = counted.filter((each) => each.weightPpm > 0).length;
  if (speaking < rules.sourcesMin) {
    const reason = `expected signals of ${rules.sourcesMin} sources, found ${speaking}`;
    return formed(none('fewSources', reason));
  }
  if (conflict > rules.conflictMax + BLUR)
    return formed(
      none(
        'conflict',
        `long ${millionths(long)} against short ${millionths(short)}: a conflict of ${conflict}, above ${rules.conflictMax}`,
      ),
    );
  if (rules.method === 'majority') return formed(majorityView(counted, { weightPpm, confidence }));
  const net = millionths(long - short);
  return formed({ state: 'view', direction: directionOf(net), strength: Math.abs(net), confidence });
}

/** The direction with more than half of the weight, as strong as those are in the mean who say it. */
function majorityView(
  counted: readonly CountedSignal[],
  { weightPpm, confidence }: { readonly weightPpm: number; readonly confidence: number },
): View {
  for (const direction of ['long', 'short', 'neutral'] as const) {
    const voters = counted.filter(({ signal }) => signal.direction === direction);
    const votes = voters.reduce((sum, each) => sum + each.weightPpm, 0);
    if (votes / weightPpm <= 0.5 + BLUR) continue;
    const meanStrength = voters.reduce((sum, each) => sum + each.weightPpm * each.signal.strength, 0) / votes;
    const strength = direction === 'neutral' ? 0 : millionths((meanStrength * weightPpm) / WEIGHT_TOTAL_PPM);
    return { state: 'view', direction, strength, confidence };
  }
  return none('noMajority', 'no direction has more than half of the weight');
}

const saidBy = (counted: readonly CountedSignal[]): number =>
  counted.reduce((sum, { weightPpm, score }) => sum + weightPpm * score, 0) / WEIGHT_TOTAL_PPM;

const directionOf = (net: number) => (net > 0 ? 'long' : net < 0 ? 'short' : 'neutral');

type NoView = Extract<View, { readonly state: 'none' }>;

const none = (code: NoView['code'], reason: string): NoView => ({ state: 'none', code, reason });

/** Figures of a view are no finer, so that they read the same everywhere. */
export const millionths = (value: number): number => Math.round(value * 1e6) / 1e6 + 0;
