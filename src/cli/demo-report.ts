import type { DemoDiscrepancy, DemoDocument, DemoFault, DemoOrder } from '../demo/demo-document.ts';
import type { Output } from './output.ts';
import { right, tableLines } from './table.ts';

/** The demo's result for people: what was reconciled, what went wrong and why, what was traded, and the proof. */
export function printDemo(document: DemoDocument, output: Output): void {
  const { style } = output;
  const section = (title: string, lines: readonly string[]): void => {
    output.line();
    output.line(style.bold(title));
    for (const line of lines) output.line(`  ${line}`);
  };
  section('Venues', venueLines(document, output));
  section('What went wrong, and how it was met', faultLines(document.faults));
  section('Differences between book and venues', discrepancyLines(document.discrepancies, output));
  section('Portfolio', portfolioLines(document));
  section('Orders, sells before the buys that they fund', orderLines(document.orders));
  section('Audit', auditLines(document, output));
  output.line();
}

function venueLines({ venues }: DemoDocument, { style }: Output): readonly string[] {
  const width = Math.max(...venues.map(({ id }) => id.length));
  return venues.map(({ id, kind, status }) => {
    const shown = status === 'reconciled' ? style.good(status) : style.bad(status);
    return `${id.padEnd(width)}  ${shown}  ${style.dim(kind)}`;
  });
}

const faultLines = (faults: readonly DemoFault[]): readonly string[] =>
  tableLines(
    [{ title: 'time' }, { title: 'venue' }, { title: 'injected' }, { title: 'met' }],
    faults.map(({ atMs, venue, injected, met }) => [clockTime(atMs), venue, injected, met]),
  );

function discrepancyLines(discrepancies: readonly DemoDiscrepancy[], { style }: Output): readonly string[] {
  if (discrepancies.length === 0) return [style.good('none')];
  return tableLines(
    [
      { title: 'time' },
      { title: 'venue' },
      { title: 'asset' },
      right('venue − book'),
      { title: 'cause' },
      { title: 'explanation' },
      { title: 'resolution' },
    ],
    discrepancies.map((each) => [
      clockTime(each.firstSeenAtMs),
      each.venue,
      shortAsset(each.asset),
      each.delta,
      each.cause ?? '–',
      each.explanation ?? '–',
      each.resolution ?? '–',
    ]),
  );
}

function portfolioLines({ portfolio }: DemoDocument): readonly string[] {
  const { navUsd, weightsBefore, weightsAfter, targets } = portfolio;
  const groups = [...new Set([...Object.keys(targets), ...Object.keys(weightsAfter)])];
  const rows = groups.map((group) => [
    group,
    percent(weightsBefore[group]),
    percent(weightsAfter[group]),
    percent(targets[group]),
    bar(weightsAfter[group], targets[group]),
  ]);
  const columns = [{ title: 'group' }, right('before'), right('after'), right('target'), { title: '' }];
  return [`worth ${navUsd} USD`, ...tableLines(columns, rows)];
}

const orderLines = (orders: readonly DemoOrder[]): readonly string[] =>
  tableLines(
    [
      right('#'),
      { title: 'venue' },
      { title: 'market' },
      { title: 'side' },
      right('quantity'),
      right('filled'),
      right('limit'),
      { title: 'status' },
      { title: 'funded by' },
    ],
    orders.map((order) => [
      String(order.sequence),
      order.venue,
      order.market,
      order.side,
      order.quantity,
      order.filledQuantity,
      order.limitPrice,
      order.status,
      order.fundedBy.join(', '),
    ]),
  );

function auditLines({ audit, figures }: DemoDocument, { style }: Output): readonly string[] {
  const verdict = audit.verified ? style.good('verified') : style.bad('BROKEN');
  const { elapsedMs, peakRssMb, simulatedHours } = figures;
  return [
    `${audit.entries} entries, ${verdict}: every entry carries the hash of the one before`,
    style.dim(
      `${simulatedHours} simulated hours in ${(elapsedMs / 1_000).toFixed(1)} s, ${peakRssMb} MB at most`,
    ),
  ];
}

const clockTime = (atMs: number): string => new Date(atMs).toISOString().slice(11, 16);
const percent = (weight: string | undefined): string =>
  weight === undefined ? '–' : `${(Number(weight) * 100).toFixed(2)} %`;

/** A mint's address says nothing to a person; its beginning is enough to tell it from another. */
const shortAsset = (asset: string): string => (asset.length > 20 ? `${asset.slice(0, 6)}…` : asset);

const BAR_WIDTH = 40;

/** The weight as a bar, with the target's place in it. */
function bar(weight: string | undefined, target: string | undefined): string {
  const filled = Math.round(Number(weight ?? 0) * BAR_WIDTH);
  const mark = Math.round(Number(target ?? 0) * BAR_WIDTH);
  return Array.from({ length: BAR_WIDTH }, (_, index) =>
    index === mark ? '|' : index < filled ? '█' : '·',
  ).join('');
}
