import type { AssetDocument, SignalsDocument } from '../app/signals-document.ts';
import type { Output } from './output.ts';
import { printable, right, tableLines } from './table.ts';

/** The view of each asset with its target, why there is none, and which signals it rests on. */
export function printSignals(
  { asOf, method, assets, targets, unheard }: SignalsDocument,
  output: Output,
): void {
  output.line(`${output.style.bold(method)}  as of ${asOf}`);
  printViews(assets, targets, output);
  if (unheard.length > 0) output.line(printable(`no signal of ${unheard.join(', ')}`));
}

/** Views with targets, those of other assets too, and the signals behind them. */
export function printViews(
  assets: readonly AssetDocument[],
  targets: SignalsDocument['targets'],
  output: Output,
): void {
  output.line();
  const views = assets.map((each) => [each.asset, ...viewCells(each), String(each.targetPpm)]);
  const known = new Set(assets.map(({ asset }) => asset));
  const others = Object.entries(targets)
    .filter(([group]) => !known.has(group))
    .map(([group, ppm]) => [group, '', '', '', '', String(ppm)]);
  for (const line of tableLines(VIEW_COLUMNS, [...views, ...others])) output.line(line);
  for (const { asset, noView } of assets)
    if (noView !== null) output.line(printable(`  ${asset}: ${noView.reason}`));
  const rows = assets.flatMap(sourceRows);
  if (rows.length > 0) {
    output.line();
    for (const line of tableLines(SOURCE_COLUMNS, rows)) output.line(line);
  }
}

const viewCells = ({ direction, strength, confidence, conflict }: AssetDocument): readonly string[] => [
  direction ?? 'no view',
  strength === null ? '' : String(strength),
  confidence === null ? '' : String(confidence),
  conflict === null ? '' : String(conflict),
];

const sourceRows = (of: AssetDocument): readonly (readonly string[])[] => [
  ...of.counted.map((each) => [
    of.asset,
    each.source,
    each.direction,
    String(each.strength),
    String(each.confidence),
    String(each.weightPpm),
    each.dampings.length === 0
      ? 'counted'
      : `damped: ${each.dampings.map(({ reason }) => reason).join('; ')}`,
  ]),
  ...of.ignored.map(({ source, signal, reason }) => [
    of.asset,
    source,
    signal?.direction ?? '',
    signal === null ? '' : String(signal.strength),
    signal === null ? '' : String(signal.confidence),
    '0',
    `not counted: ${reason}`,
  ]),
  ...(of.counted.length > 0 && of.unassignedPpm > 0
    ? [[of.asset, '(nobody)', '', '', '', String(of.unassignedPpm), 'left by caps and damping']]
    : []),
];

const VIEW_COLUMNS = [
  { title: 'Asset' },
  { title: 'View' },
  right('Strength'),
  right('Confidence'),
  right('Conflict'),
  right('Target ppm'),
];
const SOURCE_COLUMNS = [
  { title: 'Asset' },
  { title: 'Source' },
  { title: 'Says' },
  right('Strength'),
  right('Confidence'),
  right('Weight ppm'),
  { title: 'How it counts' },
];
