import type { ReportedAnalysis } from '../domain/correlation/analyse-input.ts';
import { OBSERVATIONS_MIN } from '../domain/targets/return-series.ts';
import type { Output } from './output.ts';
import { printTable } from './print-table.ts';
import { left, right } from './table.ts';

/** More columns than these do not fit a terminal. */
const MATRIX_NAMES_MAX = 12;

/** The level and its reason, then tables: correlations, what each name brings, clusters, merges. */
export function printCorrelation(analysis: ReportedAnalysis, output: Output): void {
  const { riskLevel, recommendation, reasons } = analysis;
  const level = riskLevel ?? 'unknown';
  output.line(`${output.style.bold('correlation risk')} ${emphasis(output, riskLevel)(level)}`);
  if (recommendation !== null) output.line(recommendation);
  printFigures(analysis, output);
  const { names, correlation } = analysis;
  if (names.length <= MATRIX_NAMES_MAX) {
    const rows = names.map((name, i) => [name, ...(correlation[i] ?? []).map((value) => said(value, 2))]);
    printTable('correlation', [left(''), ...names.map(right)], rows, { output, empty: 'none' });
  } else output.line(`correlation of ${names.length} names: --json has it`);
  printTable('held', HELD, heldRows(analysis), { output, empty: 'none' });
  printTable(
    clustersTitle(analysis),
    CLUSTERS,
    analysis.clusters.map((cluster) => [
      cluster.members.join(', '),
      percent(cluster.weight),
      percent(cluster.riskShare),
      cluster.meanCorrelation?.toFixed(2) ?? '–',
      cluster.representative,
    ]),
    { output, empty: 'none' },
  );
  printTable(`merges, ${analysis.linkage} linkage`, MERGES, mergeRows(analysis), { output, empty: 'none' });
  for (const { name, reason } of analysis.excluded) output.line(`left out: ${name}: ${reason}`);
  for (const { names, overlap } of analysis.insufficient)
    output.line(
      `unknown: ${names.join(' and ')}: ${overlap} common returns, ` +
        (overlap < OBSERVATIONS_MIN
          ? `${OBSERVATIONS_MIN} are needed`
          : 'over which one of them stands still'),
    );
  for (const [figure, reason] of Object.entries(reasons)) output.line(`unknown: ${figure}: ${reason}`);
  for (const note of analysis.notes) output.line(`note: ${note}`);
}

function printFigures(analysis: ReportedAnalysis, output: Output): void {
  const rows = [
    ['effective bets, minimum torsion', said(analysis.effectiveBets, 2)],
    ['effective bets, principal components', said(analysis.effectiveBetsByPrincipalComponents, 2)],
    ['effective assets, by weight alone', said(analysis.effectiveAssets, 2)],
    ['implied correlation, by risk', said(analysis.impliedCorrelation, 3)],
    ['average correlation, plain', said(analysis.averageCorrelation, 3)],
    ['diversification ratio', said(analysis.diversificationRatio, 3)],
  ];
  printTable('figures', [left('Figure'), right('Value')], rows, { output, empty: 'none' });
}

const heldRows = (analysis: ReportedAnalysis) =>
  analysis.names.map((name, i) => [
    name,
    percent(analysis.weights[i] ?? null),
    said(analysis.volatilities[i] ?? null, 4),
    percent(analysis.riskContributions?.[i] ?? null),
  ]);

function clustersTitle({ levelRule, cutCorrelation, linkage }: ReportedAnalysis): string {
  if (levelRule === 'legacy') return 'clusters of the older rule';
  // Ward's heights are no correlations.
  return `clusters above ${cutCorrelation}, ${linkage === 'ward' ? 'average' : linkage} linkage`;
}

/** A cluster by the names of its leaves reads better than by its id, as long as they fit. */
function mergeRows({ names, merges }: ReportedAnalysis): readonly (readonly string[])[] {
  const members: string[][] = names.map((name) => [name]);
  return merges.map(([first, second, height, size]) => {
    const [some = [], others = []] = [members[first], members[second]];
    members.push([...some, ...others]);
    return [some.join('+'), others.join('+'), height.toFixed(4), String(size)];
  });
}

function emphasis({ style }: Output, level: ReportedAnalysis['riskLevel']): (text: string) => string {
  if (level === 'high') return style.bad;
  return level === 'low' ? style.good : style.warning;
}

const said = (value: number | null, decimals: number): string => value?.toFixed(decimals) ?? 'unknown';

const percent = (share: number | null): string =>
  share === null ? 'unknown' : `${(share * 100).toFixed(1)} %`;

const HELD = [left('Name'), right('Weight'), right('Volatility'), right('Risk')];
const CLUSTERS = [
  left('Members'),
  right('Weight'),
  right('Risk'),
  right('Mean correlation'),
  left('Representative'),
];
const MERGES = [left('First'), left('Second'), right('Height'), right('Size')];
