import type { OpenDatabase } from '../../../db/database.ts';
import { readReconciliationRecord } from '../../../db/reconciliation-record-repository.ts';
import {
  findValuationAt,
  readValuations,
  readValuationTotals,
  type StoredValuation,
} from '../../../db/valuation-repository.ts';
import type { TaxTerms } from '../../domain/lots/tax-terms.ts';
import { DEFAULT_ANNUAL_TERMS } from '../../domain/performance/annual-terms.ts';
import type { RebalanceRecord } from '../../domain/rebalancing/history/rebalance-record.ts';
import { type Fact, known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import { OPEN_STATES } from '../../domain/reconciliation/discrepancy.ts';
import type { Tier } from '../../domain/valuation/retention.ts';
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

const DAY_MS = 86_400_000;
/** The newest that a page tells of. */
const REBALANCES_MAX = 500;
/** Fifty years of days. */
const VALUATIONS_MAX = 20_000;

/** Everything that a report shows, of a book and its valuations. Reads beside the owner, and writes nothing. */
export async function readReport(db: OpenDatabase['db'], request: ReportRequest): Promise<ReportDocument> {
  const { title, groups, tax } = request;
  const last = await findValuationAt(db, request.toMs);
  // What nobody has valued yet is in no figure, but in the records.
  const toMs = last?.atMs ?? request.toMs;
  const fromMs = request.fromMs ?? (await readFirstAtMs(db, toMs)) ?? toMs;
  const span = { fromMs, toMs };
  const tiers = tiersOf(toMs - fromMs);
  const valuations = await readShown(db, { ...span, tiers }, last);
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
  const inSpan = rebalances.filter((rebalance) => (atMsOf(rebalance) ?? fromMs) <= request.toMs);
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
    attribution: await reportedAttribution(db, { ...span, tiers, groups }),
    rebalances: inSpan.map(reportedRebalance),
    reconciliation: await readReconciliationRecord(db, { fromMs, toMs: request.toMs }, OPEN_STATES),
  };
}

/** A chart has room for some hundred points: days, or hours of two months, or all of three days. */
function tiersOf(spanMs: number): readonly Tier[] | null {
  if (spanMs <= 3 * DAY_MS) return null;
  return spanMs <= 60 * DAY_MS ? ['hourly', 'daily'] : ['daily'];
}

async function readFirstAtMs(db: OpenDatabase['db'], toMs: number): Promise<number | null> {
  const [first] = await readValuationTotals(db, { fromMs: 0, toMs, tiers: null, limit: 1 });
  return first?.atMs ?? null;
}

/** Those of the tiers, and the last there is. */
async function readShown(
  db: OpenDatabase['db'],
  span: { readonly fromMs: number; readonly toMs: number; readonly tiers: readonly Tier[] | null },
  last: StoredValuation | null,
): Promise<readonly StoredValuation[]> {
  const shown = await readValuations(db, { ...span, limit: VALUATIONS_MAX });
  return last !== null && last.atMs > (shown.at(-1)?.atMs ?? span.fromMs) ? [...shown, last] : shown;
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
