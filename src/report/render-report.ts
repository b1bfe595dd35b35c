import type { Fact } from '../domain/rebalancing/triggers/fact.ts';
import { drawAllocation } from './charts/allocation-chart.ts';
import { drawAttribution } from './charts/attribution-chart.ts';
import { drawCorrelation } from './charts/correlation-chart.ts';
import { drawDrawdown } from './charts/drawdown-chart.ts';
import { drawValue } from './charts/value-chart.ts';
import { figure, NARROW, WIDE } from './figure.ts';
import { type Html, html, trusted } from './html.ts';
import { dayText, numberText, percent, percentText, plain, timeText } from './number-text.ts';
import { PAGE_STYLE } from './page-style.ts';
import type {
  Allocation,
  AttributionFigures,
  CorrelationFigures,
  ReconciledVenue,
  ReportDocument,
  ReportedRebalance,
  ValuePoint,
} from './report-document.ts';
import { type HtmlColumn, tableHtml } from './table-html.ts';

/** What figures are called, and how they are shown; one that is not among them has its own name. */
const FIGURES: Readonly<Record<string, readonly [title: string, show: (value: number) => Html]>> = {
  timeWeightedReturn: ['Time-weighted return', percent],
  xirr: ['XIRR, of a year', percent],
  cagr: ['CAGR', percent],
  volatility: ['Volatility, of a year', percent],
  sharpe: ['Sharpe ratio', plain],
  sortino: ['Sortino ratio', plain],
  calmar: ['Calmar ratio', plain],
  maxDrawdown: ['Maximum drawdown', percent],
  drawdownDays: ['Days of drawdown', (days) => plain(days, 0)],
  winRate: ['Win rate of days', percent],
  profitFactor: ['Profit factor', plain],
  var95: ['VaR 95 of a day', percent],
  cvar95: ['CVaR 95 of a day', percent],
};

/** One page that stands alone: no script, nothing loaded, light, dark and on paper. The same document gives the same bytes. */
export function renderReport(document: ReportDocument): string {
  const { title, fromMs, toMs, reportingCurrency } = document;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${trusted(PAGE_STYLE)}</style></head><body>
<h1>${title}</h1>
<p class="muted">${timeText(fromMs)} to ${timeText(toMs)} UTC, in ${reportingCurrency}</p>
${section('Performance', performanceHtml(document))}
${section(
  'Value against deposits',
  told(document.value, (points) => valueHtml(points, reportingCurrency)),
)}
${section('Drawdown', told(document.drawdown, drawdownHtml))}
${section('Allocation against targets', told(document.allocation, allocationHtml))}
${section('Attribution', told(document.attribution, attributionHtml))}
${section('Correlation', told(document.correlation, correlationHtml))}
${section('Rebalances', rebalancesHtml(document.rebalances))}
${section('Reconciliation', reconciliationHtml(document.reconciliation))}
</body></html>
`;
  return withOwnNames(page.html);
}

/** The library counts the charts of the process in the names that it gives; a page counts its own. */
function withOwnNames(page: string): string {
  const names = new Map<string, string>();
  return page.replace(/\bzr\d+-/g, (name) => {
    const own = names.get(name) ?? `chart${names.size}-`;
    names.set(name, own);
    return own;
  });
}

const section = (title: string, content: Html): Html => html`<section><h2>${title}</h2>${content}</section>`;

/** What is not known says why, in the place where it would stand. */
const told = <T>(fact: Fact<T>, show: (value: T) => Html): Html =>
  fact.state === 'known' ? show(fact.value) : html`<p class="muted">Not known: ${fact.reason}</p>`;

function performanceHtml({ performance }: ReportDocument): Html {
  return html`<dl>${Object.entries(performance).map(([name, fact]) => {
    const [title, show] = FIGURES[name] ?? [name, plain];
    return html`<div><dt>${title}</dt><dd data-figure="${name}">${
      fact.state === 'unknown' ? html`<span class="muted">${fact.reason}</span>` : show(fact.value)
    }</dd></div>`;
  })}</dl>`;
}

function valueHtml(points: readonly ValuePoint[], currency: string): Html {
  const newest = points.at(-1);
  const missing = points.filter(({ value }) => value.state === 'unknown').length;
  const saying = `Value and deposits in ${currency} over ${points.length} points`;
  return html`${figure(
    saying,
    (width) => drawValue(points, { width, height: 300 }),
    html`<span class="key value">value</span> · <span class="key deposits">deposited</span>${
      missing === 0 ? null : ` · no value at ${missing} of ${points.length} points: a holding had no price`
    }`,
  )}${
    newest === undefined
      ? null
      : html`<p>On ${timeText(newest.atMs)} ${
          newest.value.state === 'known'
            ? html`worth ${plain(newest.value.value)} ${currency}`
            : html`of unknown worth (${newest.value.reason})`
        }, ${
          newest.deposited.state === 'known'
            ? html`with ${plain(newest.deposited.value)} ${currency} deposited`
            : html`and nobody knows what was deposited (${newest.deposited.reason})`
        }.</p>`
  }`;
}

function drawdownHtml(points: readonly { readonly atMs: number; readonly drawdown: number }[]): Html {
  const deepest = points.reduce<(typeof points)[number] | null>(
    (found, point) => (found === null || point.drawdown < found.drawdown ? point : found),
    null,
  );
  return html`${figure('Drawdown from the high over time', (width) => drawDrawdown(points, { width, height: 200 }))}${
    deepest === null
      ? null
      : deepest.drawdown === 0
        ? html`<p>It never stood below its high.</p>`
        : html`<p>Deepest on ${dayText(deepest.atMs)}: ${percent(deepest.drawdown)}.</p>`
  }`;
}

function allocationHtml(groups: readonly Allocation[]): Html {
  const shares = groups.flatMap(({ points }) =>
    points.flatMap(({ weight, target }) => [weight, target ?? 0]),
  );
  const shareMax = Math.min(1, Math.ceil(Math.max(0.1, ...shares) * 10) / 10);
  const last = ({ points }: Allocation) => points.at(-1);
  const columns: readonly HtmlColumn<Allocation>[] = [
    { title: 'Group', cell: ({ group }) => group },
    { title: 'Now', isNumber: true, cell: (of) => percent(last(of)?.weight ?? 0) },
    {
      title: 'Target',
      isNumber: true,
      cell: (of) => {
        const target = last(of)?.target ?? null;
        return target === null ? 'none' : percent(target);
      },
    },
  ];
  return html`<p class="muted"><span class="key value">share</span> · <span class="key deposits">target</span></p>
<div class="groups">${groups.map((each) =>
    figure(
      `Share of ${each.group} over time against its target`,
      (width) =>
        drawAllocation(each, shareMax, { width: width === WIDE ? WIDE / 2 - 8 : NARROW, height: 150 }),
      html`${each.group}`,
    ),
  )}</div>${tableHtml(columns, groups)}`;
}

function attributionHtml(figures: AttributionFigures): Html {
  const columns: readonly HtmlColumn<AttributionFigures['parts'][number]>[] = [
    { title: 'Part', cell: ({ name }) => name },
    { title: 'Kind', cell: ({ kind }) => kind },
    { title: 'Contribution', isNumber: true, cell: ({ contribution }) => percent(contribution) },
  ];
  return html`<p>The parts sum to the return of ${percent(figures.totalReturn)}, up to ${timeText(figures.toMs)}.</p>${figure(
    `What each part brought of ${percentText(figures.totalReturn)}`,
    (width) => drawAttribution(figures, width),
  )}${tableHtml(columns, figures.parts)}`;
}

const correlationHtml = (figures: CorrelationFigures): Html =>
  html`<p>Risk level: <strong data-figure="riskLevel">${figures.riskLevel}</strong>. ${figures.recommendation}</p>${figure(
    `Correlations of ${figures.names.join(', ')}, ordered by a tree of what moves together`,
    (width) => drawCorrelation(figures, Math.min(width, 120 + 76 * figures.names.length)),
  )}`;

const REBALANCE_COLUMNS: readonly HtmlColumn<ReportedRebalance>[] = [
  {
    title: 'Asked for',
    cell: ({ requestedAtMs }) => (requestedAtMs === null ? 'not kept' : timeText(requestedAtMs)),
  },
  { title: 'Why', cell: ({ why }) => why },
  {
    title: 'Ended',
    cell: ({ state, stateReason }) => (stateReason === '' ? state : `${state}: ${stateReason}`),
  },
  { title: 'Orders', isNumber: true, cell: ({ orders }) => plain(orders, 0) },
  {
    title: 'Drift',
    isNumber: true,
    cell: ({ driftBefore, driftAfter }) =>
      driftBefore === null
        ? ''
        : html`${percent(driftBefore)} → ${driftAfter.state === 'known' ? percent(driftAfter.value) : 'unknown'}`,
  },
  { title: 'Cost expected', isNumber: true, cell: ({ expectedCost }) => costOf(expectedCost) },
  { title: 'Realised', isNumber: true, cell: ({ realisedCost }) => costOf(realisedCost) },
];

const costOf = (cost: Fact<string>): Html | string =>
  cost.state === 'known' ? plain(cost.value) : cost.reason;

const rebalancesHtml = (rebalances: readonly ReportedRebalance[]): Html =>
  rebalances.length === 0
    ? html`<p class="muted">None was asked for in this time.</p>`
    : tableHtml(REBALANCE_COLUMNS, rebalances);

const VENUE_COLUMNS: readonly HtmlColumn<ReconciledVenue>[] = [
  { title: 'Venue', cell: ({ venue }) => venue },
  { title: 'Rounds', isNumber: true, cell: ({ rounds }) => numberText(rounds, 0) },
  {
    title: 'Certified',
    isNumber: true,
    cell: ({ rounds, certified }) =>
      rounds === 0 ? '0' : html`${numberText(certified, 0)} (${percent(certified / rounds)})`,
  },
  { title: 'Differences', isNumber: true, cell: ({ discrepancies }) => numberText(discrepancies, 0) },
  { title: 'Still open', isNumber: true, cell: ({ stillOpen }) => numberText(stillOpen, 0) },
  { title: 'Corrections', isNumber: true, cell: ({ corrections }) => numberText(corrections, 0) },
];

const reconciliationHtml = (venues: readonly ReconciledVenue[]): Html =>
  venues.length === 0
    ? html`<p class="muted">No venue was reconciled in this time.</p>`
    : tableHtml(VENUE_COLUMNS, venues);
