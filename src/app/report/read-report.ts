import type { OpenDatabase } from '../../../db/database.ts';
import { readReconciliationRecord } from '../../../db/reconciliation-record-repository.ts';
import { findValuationAt, readValuations, type StoredValuation } from '../../../db/valuation-repository.ts';
import type { TaxTerms } from '../../domain/lots/tax-terms.ts';
import { DEFAULT_ANNUAL_TERMS } from '../../domain/performance/annual-terms.ts';
import type { RebalanceRecord } from '../../domain/rebalancing/history/rebalance-record.ts';
import { type Fact, known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import { OPEN_STATES } from '../../domain/reconciliation/discrepancy.ts';
import type { ReportDocument, ReportedRebalance } from '../../report/report-document.ts';
import type { AssetGroups } from '../asset-groups.ts';
import { performanceDocument } from '../performance-document.ts';
import { listRebalances } from '../rebalancing/list-rebalances.ts';
import { atMsOf, whyOf } from '../rebalancing/rebalance-words.ts';
import { accountBookPerformance } from '../valuations/book-performance.ts';
import { allocationsOf } from './report-allocation.ts';
import { reportedAttribution } from './report-attribution.ts';
import { reportedCorrelation } from './report-correlation.ts';
import { drawdownsOf, valuePointsOf } from './report-value.ts';

export interface ReportRequest {
  readonly title: string;
  readonly groups: AssetGroups;
  readonly tax: TaxTerms | null;
  /** Null: from the first valuation. */
  readonly fromMs: number | null;
  readonly toMs: number;
}

/** The newest that a page tells of. */
const REBALANCES_MAX = 500;
/** Fifty years of days. */
const VALUATIONS_MAX = 20_000;

/** Everything that a report shows, of a book and its valuations. Reads beside the owner, and writes nothing. */
export async function readReport(db: OpenDatabase['db'], request: ReportRequest): Promise<ReportDocument> {
  const { title, groups, tax, toMs } = request;
  const valuations = await readDays(db, request);
  const fromMs = request.fromMs ?? valuations[0]?.atMs ?? toMs;
  const span = { fromMs, toMs };
  const terms = DEFAULT_ANNUAL_TERMS;
  const accounted = await accountBookPerformance(db, {
    groups,
    tax,
    by: 'portfolio',
    fromMs: request.fromMs,
    toMs,
    terms,
  });
  const [portfolio] = accounted.scopes;
  const rebalances = await listRebalances(db, { sinceMs: fromMs, limit: REBALANCES_MAX });
  const inSpan = rebalances.filter((rebalance) => (atMsOf(rebalance) ?? fromMs) <= toMs);
  const series = portfolio?.series;
  const figures = portfolio?.figures;
  return {
    title,
    reportingCurrency: 'USD',
    ...span,
    value: valuePointsOf(valuations, series?.flows ?? []),
    performance:
      figures === undefined
        ? {}
        : performanceFacts(
            performanceDocument(figures, { returns: figures.returns.value?.length ?? 0, ...terms }, figures),
          ),
    drawdown: figures === undefined ? unknown('no valuation') : drawdownsOf(figures.subPeriods),
    allocation: allocationsOf(valuations, inSpan, groups),
    correlation: reportedCorrelation(valuations, groups),
    attribution: await reportedAttribution(db, { ...span, groups }),
    rebalances: inSpan.map(reportedRebalance),
    reconciliation: await readReconciliationRecord(db, span, OPEN_STATES),
  };
}

/** The first of every day, and the last there is. */
async function readDays(
  db: OpenDatabase['db'],
  { fromMs, toMs }: ReportRequest,
): Promise<readonly StoredValuation[]> {
  const days = await readValuations(db, {
    fromMs: fromMs ?? 0,
    toMs,
    tiers: ['daily'],
    limit: VALUATIONS_MAX,
  });
  const last = await findValuationAt(db, toMs);
  return last !== null && last.atMs > (days.at(-1)?.atMs ?? fromMs ?? 0) ? [...days, last] : days;
}

/** In the order of `trueup performance`. */
const SHOWN = [
  'timeWeightedReturn',
  'xirr',
  'cagr',
  'volatility',
  'sharpe',
  'sortino',
  'calmar',
  'maxDrawdown',
  'drawdownDays',
  'winRate',
  'profitFactor',
  'var95',
  'cvar95',
] as const;

function performanceFacts(document: ReturnType<typeof performanceDocument>): ReportDocument['performance'] {
  return Object.fromEntries(
    SHOWN.map((name): [string, Fact<number>] => {
      const value = document[name];
      return [name, value === null ? unknown(document.reasons[name] ?? 'not defined') : known(value)];
    }),
  );
}

function reportedRebalance(rebalance: RebalanceRecord): ReportedRebalance {
  const { id, plan, state, stateReason, after } = rebalance;
  const cost = plan?.cost;
  const noPlan = unknown('no plan was made');
  return {
    id,
    requestedAtMs: atMsOf(rebalance),
    why: whyOf(rebalance),
    state,
    stateReason,
    orders: plan?.orders.length ?? 0,
    driftBefore: plan === null ? null : Number(plan.drift.before),
    driftAfter: after.state === 'known' ? known(Number(after.value.drift)) : after,
    expectedCost: cost === undefined ? noPlan : known(cost.expected.totalUsd),
    realisedCost:
      cost === undefined
        ? noPlan
        : cost.realised.state === 'known'
          ? known(cost.realised.value.totalUsd)
          : cost.realised,
  };
}
