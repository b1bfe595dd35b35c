import { assetDocument } from '../app/signals-document.ts';
import type { TargetsDocument } from '../app/targeting/read-targets.ts';
import type { TargetRecord } from '../domain/strategies/resolve-targets.ts';
import type { Output } from './output.ts';
import { printViews } from './print-signals.ts';
import { printable, right, tableLines } from './table.ts';

/** Targets by strategy and asset, what bound them, and what strategies are known to trade. */
export function printTargets(
  { targets, live, strategies, tokens, holdings, signals }: TargetsDocument,
  output: Output,
): void {
  const { style } = output;
  if (targets.state === 'none') {
    output.line('no targets are configured: nothing is traded');
    return;
  }
  if (targets.state === 'refused') {
    const { path, expected, found } = targets.problem;
    output.line(`${style.bad('no targets')}  ${targets.code}`);
    output.line(printable(`  ${path}: expected ${expected}, found ${found}`));
  } else printRecord(targets.record, strategies, output);
  if (tokens.length > 0) {
    output.line();
    for (const line of tableLines(TOKEN_COLUMNS, tokens.map(tokenRow))) output.line(line);
  }
  if (holdings.length > 0) {
    output.line();
    const rows = holdings.map(({ strategy, asset, quantity }) => [strategy ?? '(none)', asset, quantity]);
    for (const line of tableLines(HOLDING_COLUMNS, rows)) output.line(line);
  }
  if (signals.length > 0) {
    output.line();
    for (const line of tableLines(SIGNAL_COLUMNS, signals.map(signalRow))) output.line(line);
  }
  if (live.state === 'refused' && targets.state !== 'refused') {
    output.line();
    output.line(`${style.warning('not live')}: ${printable(live.reason)}`);
  }
}

function printRecord(record: TargetRecord, strategies: TargetsDocument['strategies'], output: Output): void {
  output.line(`${output.style.bold(record.method)}  ${printable(methodLine(record))}`);
  for (const note of record.notes) output.line(`  ${printable(note)}`);
  output.line();
  const rows = record.allotments.map(({ strategy, group, ppm }) => [
    strategy ?? (strategies === null ? '' : '(none)'),
    group,
    String(ppm),
  ]);
  for (const line of tableLines(ALLOTMENT_COLUMNS, rows)) output.line(line);
  output.line();
  const groups = Object.entries(record.targets).sort(([a], [b]) => (a < b ? -1 : 1));
  const totals = groups.map(([group, ppm]) => [
    group,
    String(ppm),
    boundText(record, group),
    venuesText(record, group),
  ]);
  for (const line of tableLines(TARGET_COLUMNS, totals)) output.line(line);
  for (const { group, reason } of record.bound.filter((each) => each.of === 'strategies'))
    output.line(`  strategy ${printable(group)}: ${REASONS[reason]}`);
  const assets = (record.aggregates ?? []).map((each) => assetDocument(each, record.targets));
  if (assets.length > 0) printViews(assets, {}, output);
}

/** In words, how targets came about: "from strategies of the configuration, returns.csv, 60 days to 2024-07-03". */
export const methodLine = ({ over, method, sources, confidence }: TargetRecord): string => {
  const derived = method === 'threshold' || method === 'calendar' ? '' : `over ${over}, `;
  const sure = confidence < 1 ? `, confidence ${confidence}` : '';
  return `${derived}from ${sources.join('; ')}${sure}`;
};

/** Why a target is not what the method said; empty where it is. */
export const boundText = ({ bound }: TargetRecord, group: string): string => {
  const found = bound.find((each) => each.of === 'assets' && each.group === group);
  return found === undefined ? '' : REASONS[found.reason];
};

const REASONS = {
  capped: 'at its cap',
  raised: 'at its floor',
  belowPositionMin: 'dropped: below the smallest position',
} as const;

const venuesText = ({ venues }: TargetRecord, group: string): string =>
  Object.hasOwn(venues, group) ? (venues[group] ?? []).join(', ') : '';

const tokenRow = (token: TargetsDocument['tokens'][number]): readonly string[] => [
  token.strategy,
  token.asset,
  token.source,
  String(token.confidence),
  token.needsConfirmation ? 'needs a confirmation' : (token.confirmation?.by ?? ''),
  token.evidence,
];

const signalRow = (signal: TargetsDocument['signals'][number]): readonly string[] => [
  signal.source,
  signal.asset,
  signal.direction,
  String(signal.strength),
  String(signal.confidence),
  `${signal.isExpired ? 'expired ' : 'until '}${new Date(signal.expiresAtMs).toISOString()}`,
];

const ALLOTMENT_COLUMNS = [{ title: 'Strategy' }, { title: 'Asset' }, right('ppm')];
const TARGET_COLUMNS = [{ title: 'Asset' }, right('Target ppm'), { title: 'Bound' }, { title: 'Only at' }];
const TOKEN_COLUMNS = [
  { title: 'Strategy' },
  { title: 'Trades' },
  { title: 'Known from' },
  right('Confidence'),
  { title: 'Confirmed by' },
  { title: 'Because' },
];
const HOLDING_COLUMNS = [{ title: 'Strategy' }, { title: 'Holds' }, right('Quantity')];
const SIGNAL_COLUMNS = [
  { title: 'Source' },
  { title: 'Asset' },
  { title: 'Says' },
  right('Strength'),
  right('Confidence'),
  { title: 'Holds' },
];
