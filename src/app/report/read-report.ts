import type { OpenDatabase } from '../../../db/database.ts';
import { readDayJudgement } from '../../../db/day-judgement-repository.ts';
import { readReconciliationRecord } from '../../../db/reconciliation-record-repository.ts';
import { findValuationAt, readValuations, type StoredValuation } from '../../../db/valuation-repository.ts';
import type { RiskLevel } from '../../domain/correlation/correlation-risk.ts';
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

/** The newest that a page tells of. */
const REBALANCES_MAX = 500;
/** Fifty years of days. */
const VALUATIONS_MAX = 20_000;
const DAY_MS = 86_400_000;
/** Up to here a chart of hours has at most 720 points; a chart of every five minutes as many in two and a half days. */
const HOURS_SHOWN_MAX_MS = 30 * DAY_MS;
const ALL_SHOWN_MAX_MS = 2.5 * DAY_MS;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Everything that a report shows, of a book and its valuations. Reads beside the owner, and writes nothing. */
export async function readReport(db: OpenDatabase['db'], request: ReportRequest): Promise<ReportDocument> {
  const { title, groups, tax } = request;
  // What nobody has valued yet is in no figure, but in the records.
  const lastAtMs = (await findValuationAt(db, request.toMs))?.atMs ?? 0;
  const toMs = lastAtMs > (request.fromMs ?? 0) ? lastAtMs : request.toMs;
  const fromMs = await beginningOf(db, request);
  const days = await readThose(db, { fromMs, toMs, tiers: ['daily'] });
  const points = await readPoints(db, { fromMs, toMs }, days);
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
  const inSpan = rebalances.filter((rebalance) => (atMsOf(rebalance) ?? fromMs) <= request.toMs);
  const series = portfolio?.series;
  const figures = portfolio?.figures;
  return {
    title,
    reportingCurrency: 'USD',
    ...span,
    value: valuePointsOf(points, { flows: series?.flows ?? [], unpricedFlows: series?.unpricedFlows ?? [] }),
    performance:
      figures === undefined
        ? {}
        : performanceFacts(
            performanceDocument(figures, { returns: figures.returns.value?.length ?? 0, ...terms }, figures),
          ),
    drawdown: figures === undefined ? unknown('no valuation') : drawdownsOf(figures.subPeriods),
    allocation: allocationsOf(points, inSpan, groups),
    correlation: reportedCorrelation(days, { groups, previousLevel: await levelBy(db, toMs) }),
    attribution: await reportedAttribution(db, { ...span, groups }),
    rebalances: inSpan.map(reportedRebalance),
    reconciliation: await readReconciliationRecord(db, { fromMs, toMs: request.toMs }, OPEN_STATES),
  };
}

/** The level that the service has told last; one that it told after the time of the report says nothing of it. */
async function levelBy(db: OpenDatabase['db'], toMs: number): Promise<RiskLevel | null> {
  const judged = await readDayJudgement(db);
  return judged !== null && judged.valuedAtMs <= toMs ? judged.rememberedLevel : null;
}

/** The first valuation that counts, also where it was before a flow: that of the performance and the attribution. */
async function beginningOf(db: OpenDatabase['db'], { fromMs, toMs }: ReportRequest): Promise<number> {
  if (fromMs !== null) return fromMs;
  const [first] = await readValuations(db, { fromMs: 0, toMs, tiers: null, limit: 1 });
  return first?.atMs ?? toMs;
}

/** Those of the schedule in the grain that a chart of so long a time can show: days, hours, or every one. */
async function readPoints(
  db: OpenDatabase['db'],
  span: Span,
  days: readonly StoredValuation[],
): Promise<readonly StoredValuation[]> {
  const lengthMs = (days.at(-1)?.atMs ?? 0) - (days[0]?.atMs ?? 0);
  if (lengthMs > HOURS_SHOWN_MAX_MS) return days;
  const tiers: readonly Tier[] =
    lengthMs > ALL_SHOWN_MAX_MS ? ['daily', 'hourly'] : ['daily', 'hourly', 'raw'];
  return readThose(db, { ...span, tiers });
}

/** Of a span and tiers, and the last there is. */
async function readThose(
  db: OpenDatabase['db'],
  { fromMs, toMs, tiers }: Span & { readonly tiers: readonly Tier[] },
): Promise<readonly StoredValuation[]> {
  const those = await readValuations(db, { fromMs, toMs, tiers, limit: VALUATIONS_MAX });
  const last = await findValuationAt(db, toMs);
  const isLater = last !== null && last.atMs >= fromMs && last.atMs > (those.at(-1)?.atMs ?? -1);
  return isLater ? [...those, last] : those;
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
