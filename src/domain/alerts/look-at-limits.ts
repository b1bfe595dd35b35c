import { amount, isDecimalText } from '../money/amount.ts';
import type { IsRequired } from '../risk/assessment.ts';
import { describeSubject, type RiskEvaluation, type RiskSubject } from '../risk/risk-evaluation.ts';
import type { RiskLimits } from '../risk/risk-limits.ts';
import type { AlertCode } from './alert-codes.ts';
import type { Measure } from './measure.ts';
import { type Look, type Sighting, seen, sighting, unseen } from './observation.ts';

type Limit = RiskEvaluation['limit'];

/** The alert of each limit. Those of single orders are the plan's own; two have a warning before they stop anything. */
const CODES: Readonly<Partial<Record<Limit, AlertCode>>> = {
  maxPositionPct: 'positionShare',
  maxVenuePct: 'venueShare',
  maxClusterPct: 'clusterShare',
  minCashPct: 'cashLow',
  minCashUsd: 'cashLow',
  maxTurnoverPerDay: 'turnoverSpent',
  maxOrdersPerHour: 'ordersSpent',
  maxOrdersPerDay: 'ordersSpent',
  maxLeverage: 'leverage',
  dailyLoss: 'dailyLoss',
  minimumBalanceUsd: 'minimumBalance',
  priceDeviation: 'priceDeviation',
  frozenShare: 'frozenShare',
};

/** Limits that only plans are bound by: where nothing is traded to targets, they say nothing. */
const OF_PLANS: ReadonlySet<Limit> = new Set<Limit>([
  'minCashPct',
  'minCashUsd',
  'maxTurnoverPerDay',
  'maxOrdersPerHour',
  'maxOrdersPerDay',
]);

/** Less is worse. */
const FLOORS: ReadonlySet<Limit> = new Set<Limit>(['minCashPct', 'minCashUsd', 'minimumBalanceUsd']);

const LIMIT_CODES: readonly AlertCode[] = [
  ...new Set(Object.values(CODES)),
  'drawdownWarning',
  'drawdownHalt',
  'depegWarning',
  'depegHalt',
  'limitUnknown',
];

export interface LimitFacts {
  /** Null while venues are not certified: nothing is judged then. */
  readonly evaluations: readonly RiskEvaluation[] | null;
  readonly limits: RiskLimits;
  readonly isRequired: IsRequired;
  /** Whether every gate is open. To a plan what is closed has no price: then the share without one says nothing of prices. */
  readonly areGatesOpen: boolean;
  /** Whether anything is traded to targets. */
  readonly hasTargets: boolean;
}

/** What the limits of the risk engine say now, as it evaluates them. What it cannot evaluate stays as it was. */
export function lookAtLimits(facts: LimitFacts): readonly Look[] {
  const { evaluations, limits, isRequired, areGatesOpen, hasTargets } = facts;
  if (evaluations === null) return LIMIT_CODES.map(unseen);
  const judged = evaluations.filter(({ limit }) => hasTargets || !OF_PLANS.has(limit));
  const looks = LIMIT_CODES.filter((code) => code !== 'limitUnknown').map((code) => {
    if (code === 'frozenShare' && !areGatesOpen) return unseen(code);
    const own = judged.filter((each) => codesOf(each.limit).includes(code));
    const sightings = own.flatMap((each) => sightingOf(code, each, limits));
    return seen(
      code,
      sightings,
      own.every(({ state }) => state !== 'unknown'),
    );
  });
  return [...looks, unknownLimits(judged, isRequired)];
}

function codesOf(limit: Limit): readonly AlertCode[] {
  if (limit === 'drawdownHalt') return ['drawdownWarning', 'drawdownHalt'];
  if (limit === 'stablecoinDepeg') return ['depegWarning', 'depegHalt'];
  const code = CODES[limit];
  return code === undefined ? [] : [code];
}

function sightingOf(code: AlertCode, evaluation: RiskEvaluation, limits: RiskLimits): readonly Sighting[] {
  if (evaluation.state === 'unknown') return [];
  const { limit, subject, value, state } = evaluation;
  const isHalted = state === 'breached' && evaluation.severity === 'critical';
  const detail =
    state === 'breached' ? evaluation.reason : `it is ${value}, ${evaluation.bound} is the limit`;
  const of = { ...placeOf(subject, limit), detail };
  const at = (bound: string, isBreached: boolean): readonly Sighting[] => {
    const measure = measureOf(limit, value, bound);
    return measure === null && !isBreached
      ? []
      : [sighting(code, of, measure === null ? null : { measure, isBreached })];
  };
  switch (code) {
    case 'drawdownHalt':
      // A person ends it, whatever the index is by then.
      return isHalted ? at(evaluation.bound, true) : [];
    case 'depegHalt':
      return at(limits.stablecoinDepeg?.halt ?? evaluation.bound, isHalted);
    case 'drawdownWarning':
      return at(limits.drawdownHalt?.warn ?? evaluation.bound, state === 'breached');
    case 'depegWarning':
      return at(limits.stablecoinDepeg?.warn ?? evaluation.bound, state === 'breached');
    default:
      return at(evaluation.bound, state === 'breached');
  }
}

function measureOf(limit: Limit, value: string, bound: string): Measure | null {
  if (!isDecimalText(value) || !isDecimalText(bound)) return null;
  return {
    value: amount(value),
    bound: amount(bound),
    direction: FLOORS.has(limit) ? 'atLeast' : 'atMost',
  };
}

/** Two limits of one code are told apart by their names. */
function placeOf(
  subject: RiskSubject,
  limit: Limit,
): { readonly asset?: string; readonly venue?: string; readonly about?: string } {
  const about =
    Object.values(CODES).filter((code) => code === CODES[limit]).length > 1 ? { about: limit } : {};
  switch (subject.kind) {
    case 'venue':
      return { venue: subject.venue, ...about };
    case 'group':
      return { asset: subject.group, ...about };
    case 'asset':
      return { asset: subject.asset, ...about };
    case 'market':
      return { venue: subject.venue, asset: subject.asset, ...about };
    case 'cluster':
      return { about: `cluster ${subject.cluster}` };
    default:
      return about;
  }
}

/** What somebody wrote down, or what is always measured, and cannot be evaluated now. */
function unknownLimits(evaluations: readonly RiskEvaluation[], isRequired: IsRequired): Look {
  return seen(
    'limitUnknown',
    evaluations.flatMap((evaluation) =>
      evaluation.state === 'unknown' && isRequired(evaluation.limit) && codesOf(evaluation.limit).length > 0
        ? [
            sighting('limitUnknown', {
              about: evaluation.limit,
              detail: `${evaluation.limit} of ${describeSubject(evaluation.subject)}: ${evaluation.missing} is not known`,
            }),
          ]
        : [],
    ),
  );
}
