import { type Amount, isNegative, isPositive } from '../../money/amount.ts';
import { type InputProblem, inputProblem } from '../input-problem.ts';
import type { AssetGroup } from '../targets.ts';
import { findScheduleProblem, type Schedule } from './schedule.ts';

/** Something that can say that it is time to rebalance. Widths and weights are fractions: "0.05" is five points. */
export type Trigger =
  | BandTrigger
  | TotalTrigger
  | TrackingErrorTrigger
  | CalendarTrigger
  | CashFlowTrigger
  | RiskTrigger
  | ManualTrigger;

export type TriggerKind = Trigger['kind'];

/** Some group is at the edge of its band. A group that is to go, or is wanted and not there, is so at any width. */
export type BandTrigger =
  | { readonly kind: 'absolute'; readonly halfWidth: Amount }
  /** A share of the target: "0.25" of a target of 0.1 is 2.5 points. */
  | { readonly kind: 'relative'; readonly share: Amount }
  /** Five points or a quarter of the target, whichever is less: equal at a target of 20 % (Swedroe). */
  | { readonly kind: 'hybrid525' }
  /** A width for each group, such as the cost-optimal one. A group that is not named has the hybrid's. */
  | { readonly kind: 'bands'; readonly halfWidths: Readonly<Record<AssetGroup, Amount>> };

/** Half the sum of all deviations. */
export interface TotalTrigger {
  readonly kind: 'total';
  readonly threshold: Amount;
}

/** The volatility, a year, of what the deviations earn or lose. */
export interface TrackingErrorTrigger {
  readonly kind: 'trackingError';
  readonly annualMax: Amount;
}

/** A time has come. Without `force`, total drift must have come so far as well. */
export type CalendarTrigger = {
  readonly kind: 'calendar';
  readonly schedule: Schedule;
  /** Whether a time that passed while nothing ran counts once at the start. */
  readonly catchUp: boolean;
} & ({ readonly force: true } | { readonly force: false; readonly minDrift: Amount });

/** Money came or went since the last plan, or cash is outside its band. Answered by buys only, or by sells only. */
export interface CashFlowTrigger {
  readonly kind: 'cashFlow';
  /** A flow counts from the larger of both on. */
  readonly minFlowUsd: Amount;
  readonly minFlowShare: Amount;
  /** How far cash may be below its target, and above. */
  readonly below: Amount;
  readonly above: Amount;
}

/** A limit is breached. Answered by what reduces. */
export interface RiskTrigger {
  readonly kind: 'risk';
}

/** Somebody asked. */
export interface ManualTrigger {
  readonly kind: 'manual';
}

/** What is wrong with a list of triggers, or null. Each kind may stand in it once: firings are counted by kind. */
export function findTriggerProblem(triggers: readonly Trigger[], path = 'triggers'): InputProblem | null {
  const seen = new Set<TriggerKind>();
  for (const [index, trigger] of triggers.entries()) {
    const here = `${path}[${index}]`;
    if (seen.has(trigger.kind))
      return inputProblem(`${here}.kind`, 'each kind of trigger once', trigger.kind);
    seen.add(trigger.kind);
    for (const [name, width] of positivesOf(trigger))
      if (!isPositive(width)) return inputProblem(`${here}.${name}`, 'an amount above 0', width);
    if (trigger.kind === 'cashFlow') {
      for (const name of ['minFlowUsd', 'minFlowShare'] as const)
        if (isNegative(trigger[name]))
          return inputProblem(`${here}.${name}`, 'an amount that is not negative', trigger[name]);
    }
    if (trigger.kind === 'calendar') {
      const problem = findScheduleProblem(trigger.schedule, `${here}.schedule`);
      if (problem !== null) return problem;
    }
  }
  return null;
}

/** What must be above zero, by its name: a width of zero would fire at every check. */
function positivesOf(trigger: Trigger): readonly (readonly [name: string, value: Amount])[] {
  switch (trigger.kind) {
    case 'absolute':
      return [['halfWidth', trigger.halfWidth]];
    case 'relative':
      return [['share', trigger.share]];
    case 'bands':
      return Object.entries(trigger.halfWidths).map(([group, width]) => [`halfWidths.${group}`, width]);
    case 'total':
      return [['threshold', trigger.threshold]];
    case 'trackingError':
      return [['annualMax', trigger.annualMax]];
    case 'calendar':
      return trigger.force ? [] : [['minDrift', trigger.minDrift]];
    case 'cashFlow':
      return [
        ['below', trigger.below],
        ['above', trigger.above],
      ];
    default:
      return [];
  }
}
