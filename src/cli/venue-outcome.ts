import type { VenueReport } from '../app/portfolio-api.ts';
import { type ReportStatus, worstStatus } from '../domain/reconciliation/report-status.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Output } from './output.ts';
import { printable, right, tableLines } from './table.ts';

/** What the statuses of venues together mean to a script. What has not settled is no answer yet. */
export function exitCodeOf(statuses: readonly ReportStatus[]): ExitCode {
  const worst = worstStatus(statuses);
  if (worst === 'critical' || worst === 'discrepant') return EXIT.discrepant;
  return worst === 'reconciled' ? EXIT.done : EXIT.inconclusive;
}

/** A report as one JSON value. */
export function reportDocument({ venue, atMs, status, unknown, discrepancies }: VenueReport) {
  return {
    venue,
    status,
    atMs,
    ...(unknown === null ? {} : { unknown }),
    discrepancies: discrepancies.map((each) => ({
      id: each.id,
      asset: each.asset,
      class: each.class,
      bucket: each.bucket,
      bookAmount: each.bookAmount,
      venueAmount: each.venueAmount,
      delta: each.delta,
      severity: each.severity,
      state: each.state,
      cause: each.cause,
      explanation: each.explanation,
    })),
  };
}

/** Reports for people. */
export function printReports(reports: readonly VenueReport[], output: Output): void {
  const { style } = output;
  for (const { venue, status, unknown, discrepancies } of reports) {
    const paint = status === 'reconciled' ? style.good : status === 'pending' ? style.warning : style.bad;
    const why = unknown === null ? '' : `  ${unknown.reason}: ${printable(unknown.detail)}`;
    output.line(`${style.bold(venue)}  ${paint(status)}${why}`);
    if (discrepancies.length === 0) continue;
    const rows = discrepancies.map((each) => [
      each.asset,
      each.class,
      each.bookAmount,
      each.venueAmount,
      each.delta,
      each.state,
      each.cause ?? '',
    ]);
    for (const line of tableLines(DISCREPANCY_COLUMNS, rows)) output.line(`  ${line}`);
  }
}

const DISCREPANCY_COLUMNS = [
  { title: 'Asset' },
  { title: 'Class' },
  right('Book'),
  right('Venue'),
  right('Delta'),
  { title: 'State' },
  { title: 'Cause' },
];
