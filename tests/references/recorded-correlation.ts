// Correlations, trees and leaf orders that PyPortfolioOpt computed of recorded prices.

import { correlationDistances } from '../../src/domain/correlation/correlation-distance.ts';
import { leafOrder } from '../../src/domain/correlation/cut-clusters.ts';
import { estimateCorrelation, pearson } from '../../src/domain/correlation/estimate-correlation.ts';
import { type Linkage, linkClusters, type Merge } from '../../src/domain/correlation/link-clusters.ts';
import type { SquareMatrix } from '../../src/domain/correlation/square-matrix.ts';
import { referenceData, referenceText } from '../support/reference-data.ts';
import { alignedReturns, referencePrices } from '../support/reference-prices.ts';
import { mergeCases } from './correlation-cases.ts';
import type { ReferenceCase } from './reference-case.ts';

interface HierarchicalCase {
  readonly id: string;
  readonly input: {
    readonly file?: string;
    readonly files?: readonly string[];
    readonly column: string;
    readonly from: string;
    readonly to: string;
    readonly linkage: Linkage;
  };
  readonly expected: {
    readonly linkage_matrix: readonly Merge[];
    readonly leaf_order: readonly string[];
    readonly corr: SquareMatrix | null;
    readonly assets?: readonly string[];
  };
}

/** Hierarchical risk parity as PyPortfolioOpt computes it on recorded prices: its correlations, tree and leaf order. */
export function hierarchicalCases(path: string): readonly ReferenceCase[] {
  const { cases } = referenceData(path) as { readonly cases: readonly HierarchicalCase[] };
  return cases.flatMap(({ id, input, expected }) => {
    const source = 'PyPortfolioOpt: hierarchical risk parity, run on recorded prices';
    const names = namesOf(input, expected.assets);
    const correlation = input.file === undefined ? recordedCorrelation(input) : stockCorrelation(input.file);
    const merges = linkClusters(correlationDistances(correlation), input.linkage);
    const rows = expected.linkage_matrix;
    return [
      ...mergeCases(source, id, () => merges, {
        pairs: rows.map(([first, second, , size]) => [
          Math.min(first, second),
          Math.max(first, second),
          size,
        ]),
        heights: rows.map(([, , height]) => height),
        tolerance: 1e-12,
      }),
      ...expected.leaf_order.map((asset, place) => ({
        source,
        name: `${id}: leaf ${place} of the tree is ${asset}`,
        actual: () => leafOrder(merges, names.length)[place] ?? Number.NaN,
        expected: names.indexOf(asset),
        tolerance: 0,
      })),
      ...(expected.corr ?? []).flatMap((row, i) =>
        row.slice(0, i).map((value, j) => ({
          source,
          name: `${id}: correlation of ${names[i]} and ${names[j]}`,
          actual: () => correlation[i]?.[j] ?? Number.NaN,
          expected: value,
          tolerance: 1e-12,
        })),
      ),
    ];
  });
}

function namesOf(
  { files = [] }: HierarchicalCase['input'],
  assets: readonly string[] | undefined,
): readonly string[] {
  return assets ?? files.map((file) => /([A-Z]+)-USDT/.exec(file)?.[1] ?? file);
}

function recordedCorrelation({ files = [], column, from, to }: HierarchicalCase['input']): SquareMatrix {
  const returns = alignedReturns(files.map((file) => referencePrices(file, column, from, to)));
  return returns.map((some, i) => returns.map((others, j) => (i === j ? 1 : pearson(some, others))));
}

/** Twenty stocks with prices missing: each return needs both of its days, each pair the days that both have. */
function stockCorrelation(file: string): SquareMatrix {
  const [head = '', ...lines] = (referenceText(file) ?? '').trim().split('\n');
  const rows = lines.map((line) => line.split(','));
  const series = head
    .split(',')
    .slice(1)
    .map((name, column) => {
      const prices = rows.map((cells) => (cells[column + 1] ? Number(cells[column + 1]) : null));
      const values = prices.slice(1).map((price, day) => {
        const before = prices[day] ?? null;
        return price === null || before === null ? null : price / before - 1;
      });
      return { name, values };
    });
  return estimateCorrelation(series, 'returns').correlation as SquareMatrix;
}
