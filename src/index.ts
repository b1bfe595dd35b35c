// The public API of the package. What is not here may change at any time.

// The back office of a bot, in the bot's own process.
export type { Announcement } from '../actors/messages/announcements.ts';
export { BookEventError, type ReportedEvent } from './app/book-event-schema.ts';
export { KeyRefusedError } from './app/check-keys.ts';
export type { ConfigurationProblem } from './app/configuration-problem.ts';
export { openPortfolio, type PortfolioOptions } from './app/open-portfolio.ts';
export { BookOwnedError } from './app/owner-lock.ts';
export type { ServiceSettings, VenueSettings } from './app/portfolio/service-settings.ts';
export {
  type Approval,
  type DecisionAnswer,
  type EndReason,
  type PersonDecision,
  type Portfolio,
  PortfolioUnavailableError,
  RebalancingRefusedError,
  type RebalancingResult,
  type RequestedRebalance,
  TransferRefusedError,
  type TransferResult,
  type VenueBalances,
  type VenueReport,
  type WantedTransfer,
} from './app/portfolio-api.ts';
export { ConfigurationError } from './app/portfolio-configuration.ts';
export type { StatusDocument, VenueStatus } from './app/read-status.ts';
export {
  parseSignals,
  SignalError,
  type WrittenSignal,
} from './app/targeting/read-signals.ts';
export {
  type AttributedReturn,
  type Attribution,
  type AttributionChain,
  attributeReturns,
  type Contribution,
  type PeriodAttribution,
} from './domain/attribution/attribute-returns.ts';
export type {
  AttributionPeriod,
  CellValue,
  PeriodFlow,
  PeriodPayment,
  PeriodTrade,
  PeriodTransfer,
} from './domain/attribution/attribution-period.ts';
export {
  type AttributionRecords,
  attributionPeriods,
  type BuiltPeriods,
} from './domain/attribution/attribution-periods.ts';
export { findPeriodsProblem } from './domain/attribution/find-periods-problem.ts';
export type { Grouping } from './domain/attribution/grouping.ts';
export { type LinkedContributions, linkByCarino } from './domain/attribution/link-by-carino.ts';
export type { Part, Parts } from './domain/attribution/part.ts';
export {
  type BookTerms,
  type BookValuation,
  periodsOfBook,
} from './domain/attribution/periods-of-book.ts';
export {
  type ComparedCost,
  costOfRecord,
  type RebalanceCost,
  type RebalanceCosts,
  rebalanceCosts,
} from './domain/attribution/rebalance-costs.ts';
export {
  type HappenedRebalance,
  type HeldPortfolio,
  type Premium,
  type RebalancingPremium,
  rebalancingPremium,
} from './domain/attribution/rebalancing-premium.ts';
export type { BookEvent, BookEventOutcome } from './domain/book/book-event.ts';
// Decisions that stand alone: pure functions without clock or network.
export type {
  AnalysisOptions,
  CorrelationAnalysis,
} from './domain/correlation/analyse-correlation.ts';
export {
  type AnalysisOutcome,
  analyseCorrelation,
  analyseSeries,
  type MatrixInput,
  type ReportedAnalysis,
  type SeriesInput,
} from './domain/correlation/analyse-input.ts';
export type { Observations, SeriesKind } from './domain/correlation/common-returns.ts';
export { correlationDistance, correlationDistances } from './domain/correlation/correlation-distance.ts';
export {
  type CorrelationRisk,
  judgeCorrelationRisk,
  type RiskLevel,
  type RiskLevelInput,
  type RiskMeasures,
} from './domain/correlation/correlation-risk.ts';
export { cutClusters, leafOrder } from './domain/correlation/cut-clusters.ts';
export type { ClusterReport } from './domain/correlation/describe-clusters.ts';
export {
  effectiveBets,
  minimumTorsionShares,
  principalShares,
} from './domain/correlation/effective-bets.ts';
export {
  type CorrelationEstimate,
  estimateCorrelation,
  type InsufficientPair,
  type NamedSeries,
  type PairFigures,
  pearson,
} from './domain/correlation/estimate-correlation.ts';
export { fisherInterval, type Interval } from './domain/correlation/fisher-interval.ts';
export {
  judgeLegacyCorrelationRisk,
  type LegacyCorrelationRisk,
} from './domain/correlation/legacy-correlation-risk.ts';
export { type Linkage, linkClusters, type Merge } from './domain/correlation/link-clusters.ts';
export { type NearestCorrelation, nearestCorrelation } from './domain/correlation/nearest-correlation.ts';
export {
  averageCorrelation,
  diversificationRatio,
  effectiveAssets,
  type HeldRisk,
  impliedCorrelation,
  portfolioVolatility,
  riskContributions,
} from './domain/correlation/portfolio-risk.ts';
export type { SquareMatrix } from './domain/correlation/square-matrix.ts';
export {
  type Amount,
  absolute,
  add,
  amount,
  compare,
  divide,
  isAmountText,
  multiply,
  negate,
  round,
  subtract,
  sum,
} from './domain/money/amount.ts';
// Performance: statistics in doubles. A figure that a sample cannot tell is null with its reason. docs/PERFORMANCE.md.
export { type AnnualTerms, DEFAULT_ANNUAL_TERMS } from './domain/performance/annual-terms.ts';
export { cagr, calmarRatio } from './domain/performance/cagr.ts';
export { type Drawdown, type DrawdownEpisode, findDrawdown } from './domain/performance/drawdown.ts';
export { modifiedDietz } from './domain/performance/modified-dietz.ts';
export { judgeOutcomes, type Outcomes } from './domain/performance/outcomes.ts';
export {
  type PerformanceFigures,
  performanceOfCashFlows,
  performanceOfReturns,
  performanceOfValuations,
  type ValuedPerformance,
} from './domain/performance/performance-figures.ts';
export { type CashFlow, presentValue } from './domain/performance/present-value.ts';
export {
  type Chain,
  findChains,
  type IndexPoint,
  indexOfReturns,
  returnIndex,
  timeWeightedReturn,
} from './domain/performance/return-index.ts';
export { sampleReturns } from './domain/performance/sample-returns.ts';
export { type SharpeRatio, sharpeRatio } from './domain/performance/sharpe-ratio.ts';
export { downsideDeviation, sortinoRatio } from './domain/performance/sortino-ratio.ts';
export type { NoStatistic, Statistic } from './domain/performance/statistic.ts';
export {
  type Flow,
  findSubPeriods,
  type SubPeriod,
  type Valuation,
} from './domain/performance/sub-periods.ts';
export { percentile, type ValueAtRisk, valueAtRisk } from './domain/performance/value-at-risk.ts';
export { volatility } from './domain/performance/volatility.ts';
export { type Xirr, xirr } from './domain/performance/xirr.ts';
export {
  checkOptimality,
  findRegionWeights,
  type RegionTerms,
} from './domain/rebalancing/bands/no-trade-region.ts';
export { loadQuadraticSolver, type QuadraticSolver } from './domain/rebalancing/bands/solve-quadratic.ts';
export type {
  RebalanceRecord,
  RecordedPlan,
} from './domain/rebalancing/history/rebalance-record.ts';
export type { RecordedOrder } from './domain/rebalancing/history/recorded-order.ts';
export type { InputProblem } from './domain/rebalancing/input-problem.ts';
export { type Plan, type PlanOrder, type PlanOutcome, planRebalance } from './domain/rebalancing/plan.ts';
export {
  DEFAULT_LIMITS,
  type PlanInput,
  type PlanLimits,
  type PlanMarket,
  type PlanTaxInput,
  type PlanVenue,
} from './domain/rebalancing/plan-input.ts';
export type { PlanTax, TaxedOrder } from './domain/rebalancing/plan-tax.ts';
export { type ParsedTargets, parseTargets, type TargetWeights } from './domain/rebalancing/targets.ts';
export {
  type CompareInput,
  type Comparison,
  compareVenue,
  type Difference,
} from './domain/reconciliation/compare.ts';
export {
  type CorrectionPolicy,
  DEFAULT_CORRECTION_POLICY,
  decideCorrection,
} from './domain/reconciliation/correction-policy.ts';
export type { Discrepancy } from './domain/reconciliation/discrepancy.ts';
export {
  type ExplainInput,
  type Explanation,
  explainDiscrepancies,
} from './domain/reconciliation/explain.ts';
export { decideGates, type GateDecision, type GateInput, isTradable } from './domain/reconciliation/gate.ts';
export { type ReportStatus, reportStatus, worstStatus } from './domain/reconciliation/report-status.ts';
export { defaultTolerances, type Tolerances } from './domain/reconciliation/tolerance.ts';
export type {
  Aggregate,
  CountedSignal,
  IgnoredSignal,
  View,
  WeightFactors,
} from './domain/signals/aggregate.ts';
export { type Aggregation, aggregateSignals } from './domain/signals/aggregate-signals.ts';
export {
  AGGREGATION_METHODS,
  type AggregationMethod,
  type AggregationRules,
  DEFAULT_AGGREGATION,
  type SourceRules,
} from './domain/signals/aggregation-rules.ts';
export type { Damping } from './domain/signals/find-dampings.ts';
export type { SignalOutcome } from './domain/signals/settle-signal.ts';
export type { Signal, SourceOnAsset } from './domain/signals/signal.ts';
export {
  type JudgedSignal,
  type MeasuredRecord,
  measureRecord,
  recordFactor,
  type TrackRecord,
} from './domain/signals/track-record.ts';
export { ledoitWolf, type ShrunkCovariance } from './domain/targets/covariance.ts';
export { deriveSignals, type SignalRules } from './domain/targets/derive-signals.ts';
export type { MethodOutcome } from './domain/targets/method-outcome.ts';
export type { WeightBounds } from './domain/targets/project-weights.ts';
// For an adapter of one's own.
export type { KeyRights } from './domain/venue/key-rights.ts';
export {
  type Certificate,
  certify,
  type Known,
  type Observation,
  type Snapshot,
  type Unknown,
  type UnknownReason,
  unknown,
} from './domain/venue/observation.ts';
export type {
  CancelOutcome,
  OrderInstruction,
  OrderLookup,
  PreparedOrder,
  PrepareOutcome,
  SubmitOutcome,
} from './domain/venue/order.ts';
export type {
  Activity,
  AssetId,
  Balance,
  Fee,
  Fill,
  Market,
  OpenOrder,
  Position,
  Side,
  VenueId,
  VenueKind,
} from './domain/venue/venue.ts';
export type { ActivityRequest, Exchange, ObserveRequest } from './exchanges/exchange.ts';

// For tests of a bot: the same service on a manual clock, venues without a network, and the replay of a journal.
export { type InProcessExchange, openInProcessExchange } from './exchanges/simulated/in-process-exchange.ts';
export type { PriceFeed, SimulatedVenue } from './exchanges/simulated/simulated-venue.ts';
export { createSimulatedVenue, type SimulatedVenueOptions } from './exchanges/simulated/venue-engine.ts';
export { TurnClock } from './platform/turn-clock.ts';
export { type Harness, type HarnessOptions, openHarness } from './replay/harness.ts';
export type { FirstDifference } from './replay/journal-script.ts';
export type { ReplayResult } from './replay/replay-journal.ts';
export { type ReplayOptions, replayService } from './replay/replay-service.ts';
