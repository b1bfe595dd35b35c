/** `critical`: act now. `warning`: look today. `info`: know it. */
export type AlertLevel = 'critical' | 'warning' | 'info';

export const ALERT_LEVELS: readonly AlertLevel[] = ['critical', 'warning', 'info'];

export interface AlertTerms {
  readonly level: AlertLevel;
  /** What is the matter, in a few words. */
  readonly title: string;
  /** What the person who reads it is to do. */
  readonly action: string;
  /**
   * `condition`: it holds or it does not, and the alert ends with it. `occurrence`: it happened, and the alert ends when
   * it has not happened again for an hour.
   */
  readonly kind: 'condition' | 'occurrence';
}

const condition = (level: AlertLevel, title: string, action: string): AlertTerms => ({
  level,
  title,
  action,
  kind: 'condition',
});
const occurrence = (level: AlertLevel, title: string, action: string): AlertTerms => ({
  ...condition(level, title, action),
  kind: 'occurrence',
});

/** Everything that an alert can be about, with what to do. docs/ALERTS.md says more of each. */
export const ALERT_CODES = {
  // Limits of REBALANCING.md §3h and of A.2.
  minimumBalance: condition(
    'critical',
    'the portfolio is worth less than the minimum balance',
    'find out where the value went; pay in, or lower limits.minimumBalanceUsd',
  ),
  drawdownWarning: condition(
    'warning',
    'the portfolio has fallen far from its highest',
    'decide whether to go on before the halt decides it',
  ),
  drawdownHalt: condition(
    'critical',
    'a drawdown has halted trading',
    'decide whether to go on; then trueup rearm --reason …',
  ),
  dailyLoss: condition(
    'critical',
    'a loss within 24 hours has stopped trading',
    'find out what lost; trading goes on by itself after 24 hours',
  ),
  depegWarning: condition('warning', 'a stablecoin is off its peg', 'watch it; consider another cash asset'),
  depegHalt: condition(
    'critical',
    'a stablecoin has lost its peg: nothing is bought of it or with it',
    'decide whether to leave it; nothing is sold of it by itself',
  ),
  pricesStale: condition(
    'warning',
    'prices of a venue are old: nothing is traded with them',
    'see whether the venue answers: trueup status',
  ),
  priceDeviation: condition(
    'warning',
    'sources disagree about a price: the market is frozen',
    'compare the price elsewhere; the market thaws when they agree',
  ),
  priceMissing: condition(
    'warning',
    'an asset is held that has no price: it is frozen and in no total',
    'add a market that prices it, or accept that it is not valued',
  ),
  frozenShare: condition(
    'critical',
    'too much of the portfolio has no usable price: no plan is made',
    'see which prices are missing: trueup status',
  ),
  positionShare: condition(
    'warning',
    'a position is larger than its limit: it only shrinks',
    'rebalance, or raise limits.maxPositionPct',
  ),
  venueShare: condition(
    'warning',
    'a venue holds more than its limit: nothing is bought there',
    'move assets to another venue, or raise limits.maxVenuePct',
  ),
  clusterShare: condition(
    'warning',
    'assets that move together are more than their limit',
    'rebalance, or raise limits.maxClusterPct',
  ),
  cashLow: condition(
    'warning',
    'less cash than must stay: buys shrink',
    'pay in, sell, or lower limits.minCashPct or limits.minCashUsd',
  ),
  leverage: condition(
    'critical',
    'leverage is above its limit: positions only shrink',
    'reduce positions, or pay in',
  ),
  turnoverSpent: condition(
    'info',
    'the turnover of a day is spent: plans are cut',
    'nothing, unless it happens every day',
  ),
  ordersSpent: condition(
    'info',
    'the orders of an hour or a day are spent: others wait',
    'nothing, unless it happens every day',
  ),
  limitUnknown: condition(
    'warning',
    'a limit cannot be evaluated: what it would allow is refused',
    'give it what is missing, or leave the limit out',
  ),
  driftLarge: condition(
    'warning',
    'a weight is far from its target',
    'see why it is not rebalanced: trueup plan, trueup rebalances',
  ),
  rebalanceOverdue: condition(
    'info',
    'nothing was rebalanced for a long time',
    'see whether triggers fire: trueup rebalances, trueup targets',
  ),
  assetUnassigned: condition(
    'info',
    'an asset is held that no target names',
    'give it a target, sell it, or leave it: see "unassigned"',
  ),
  correlationRiskHigh: condition(
    'warning',
    'what is held moves together: much of it is one bet',
    'do as the recommendation says, or accept it: trueup report',
  ),
  strategyDrawdown: condition(
    'warning',
    'a strategy has fallen far from its highest',
    'decide whether it goes on: trueup performance --by strategy',
  ),
  killSwitchOn: condition(
    'warning',
    'trading is stopped by the kill switch',
    'when what led to it is over: trueup rearm --reason …',
  ),

  // Conditions of RECONCILIATION.md.
  venueUncertified: condition(
    'critical',
    'a venue has not been certified for too long: its gates are closed',
    'see what it answers: trueup status, trueup reconcile --venue ID',
  ),
  venueReduceOnly: condition(
    'critical',
    'too much is unexplained at a venue: it takes no new risk',
    'explain or accept what differs: trueup discrepancies',
  ),
  openingWaits: condition(
    'warning',
    'a venue waits to be opened',
    'compare what it holds, then trueup open --venue ID',
  ),
  discrepancyOpen: condition(
    'warning',
    'book and venue differ: the asset is not traded',
    'trueup discrepancies, trueup explain ID',
  ),
  discrepancyCritical: condition(
    'critical',
    'book and venue differ by much',
    'trueup explain ID; look at the venue itself',
  ),
  discrepancyUnexplained: condition(
    'warning',
    'nobody knows why book and venue differ',
    'look at the venue itself; then trueup accept ID, or a note',
  ),
  discrepancyOscillating: condition(
    'warning',
    'a difference goes and comes back: it is never corrected automatically',
    'find out which side changes: trueup explain ID',
  ),
  outcomeAwaited: condition(
    'warning',
    'a difference rests on an order whose fate is unknown: it is not corrected',
    'look the order up at the venue',
  ),
  fillUnclaimed: condition(
    'warning',
    'a fill was booked for an order that the book does not know',
    'report the order, or find out who traded: the asset is closed until a read confirms it',
  ),
  correctionWaits: condition(
    'warning',
    'a correction waits for a person',
    'trueup explain ID, then trueup approve ID or trueup reject ID',
  ),
  streamLost: condition(
    'warning',
    'the stream of a venue is lost: it is read at its polls alone',
    'nothing, unless it stays away: see the network and the key',
  ),
  breakerOpen: condition(
    'warning',
    'reads of a venue are held back, because they keep failing',
    'see what it answers: trueup status',
  ),
  outcomeUnknown: condition(
    'warning',
    'the fate of an order is unknown',
    'look it up at the venue; nothing is sent again meanwhile',
  ),
  outcomeUnknownLong: condition(
    'critical',
    'the fate of an order has been unknown for minutes',
    'look it up at the venue now; what it may take stays set aside',
  ),
  transferUnknown: condition(
    'critical',
    'the fate of a transfer is unknown',
    'look its reference up: trueup transfers',
  ),
  transferLate: condition(
    'warning',
    'a transfer between venues has not arrived for an hour',
    'look it up at both venues',
  ),
  planWaits: condition(
    'warning',
    'a plan waits for a person',
    'trueup rebalances; then trueup approve HASH or trueup reject HASH',
  ),
  executionNeedsPerson: condition(
    'critical',
    'a rebalance was left to a person',
    'find out what became of its orders; then trueup resume',
  ),
  executionPaused: condition('info', 'a rebalance is paused', 'trueup resume, or trueup abort'),
  workerGaveUp: condition(
    'critical',
    'a worker of the service crashed too often and was given up',
    'restart the service; report the error',
  ),

  // What happened.
  messageConflict: occurrence(
    'warning',
    'the bot reported another content under an id that is booked: nothing was posted',
    'find out which of the two is true',
  ),
  messageRefused: occurrence(
    'warning',
    'a message of the bot was refused: the book does not have it',
    'correct what the message says, and report it again',
  ),
  messageUndelivered: occurrence(
    'warning',
    'a message had no effect, because its worker was not running',
    'see that it was sent again',
  ),
  planRefused: occurrence(
    'warning',
    'no plan could be made that was asked for',
    'see what is missing: trueup plan',
  ),
  rebalanceAborted: occurrence('warning', 'a rebalance was aborted', 'see why: trueup rebalances'),
  cashPremiseBroken: occurrence(
    'critical',
    'cash left a venue that orders had set aside',
    'find out who took it: trueup audit, trueup status',
  ),
  workerCrashed: occurrence(
    'warning',
    'a worker of the service crashed and is restarted',
    'report the error; nothing else while it stays one',
  ),
  serviceEnded: occurrence('critical', 'the service cannot go on', 'restart it, and see why it ended'),
  auditBroken: occurrence(
    'critical',
    'the audit log does not verify: the service does not start',
    'trueup audit verify; nothing that the book says is to be relied on',
  ),
  testMessage: occurrence('info', 'this is a test of trueup', 'nothing: it arrived'),
  keyRefused: occurrence(
    'critical',
    'a key may do what it must not: the service does not start',
    'replace the key by one with fewer rights',
  ),
} as const satisfies Readonly<Record<string, AlertTerms>>;

export type AlertCode = keyof typeof ALERT_CODES;

export const alertCodes = Object.keys(ALERT_CODES) as readonly AlertCode[];

export const termsOf = (code: AlertCode): AlertTerms => ALERT_CODES[code];
