import {
  isFinding,
  type RiskEvaluation,
  type RiskFinding,
  type RiskLimitName,
  type RiskUnknown,
} from './risk-evaluation.ts';

/**
 * Whether a limit that cannot be evaluated counts as a refusal. Everywhere but where a limit is a default and the
 * program cannot yet measure what it needs, it does.
 */
export type IsRequired = (limit: RiskLimitName | 'killSwitch') => boolean;

export const ALL_REQUIRED: IsRequired = () => true;

/** What is not within its bounds; apart, what could not be evaluated and is not required. */
export interface Assessment {
  readonly findings: readonly RiskFinding[];
  readonly notEvaluated: readonly RiskUnknown[];
}

export function assess(evaluations: readonly RiskEvaluation[], isRequired: IsRequired): Assessment {
  const findings: RiskFinding[] = [];
  const notEvaluated: RiskUnknown[] = [];
  for (const evaluation of evaluations.filter(isFinding)) {
    if (evaluation.state === 'unknown' && !isRequired(evaluation.limit)) notEvaluated.push(evaluation);
    else findings.push(evaluation);
  }
  return { findings, notEvaluated };
}
