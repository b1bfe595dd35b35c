import { leafOrder } from '../../domain/correlation/cut-clusters.ts';
import type { Merge } from '../../domain/correlation/link-clusters.ts';
import type { CorrelationFigures } from '../report-document.ts';
import { draw, FONT, INK } from './draw.ts';

/** Of the drawing's height, above the squares. */
const TREE_HEIGHT = 90;
const LABEL_WIDTH = 90;
const CHARACTERS_MAX = 8;
/** Below this a square has no room for its number. */
const NUMBER_WIDTH_MIN = 34;

/** Squares in the order of the tree above them: what goes together stands together. Blue together, red against each other. */
export function drawCorrelation({ names, correlation, merges }: CorrelationFigures, width: number): string {
  const placed = order(names.length, merges);
  const cell = (width - LABEL_WIDTH - 8) / Math.max(1, names.length);
  const height = TREE_HEIGHT + cell * names.length + 28;
  const left = (place: number): number => LABEL_WIDTH + place * cell;
  const label = (index: number): string => {
    const name = names[index] ?? '';
    return name.length > CHARACTERS_MAX ? `${name.slice(0, CHARACTERS_MAX - 1)}…` : name;
  };
  const text = (content: string, x: number, y: number, more: object = {}) => ({
    type: 'text',
    style: {
      text: content,
      x,
      y,
      fill: INK.text,
      fontSize: FONT.size,
      fontFamily: FONT.family,
      verticalAlign: 'middle',
      ...more,
    },
  });
  const squares = placed.flatMap((row, down) =>
    placed.flatMap((column, along) => {
      const found = correlation[row]?.[column] ?? null;
      const [x, y] = [left(along), TREE_HEIGHT + down * cell];
      const square = {
        type: 'rect',
        shape: { x, y, width: cell - 1, height: cell - 1 },
        style: { fill: colourOf(found) },
      };
      if (cell < NUMBER_WIDTH_MIN) return [square];
      const number =
        found === null
          ? '?'
          : found
              .toFixed(2)
              .replace('-', '−')
              .replace(/^(−?)0\./, '$1.');
      return [square, text(number, x + cell / 2, y + cell / 2, { align: 'center' })];
    }),
  );
  const labels = placed.flatMap((index, place) => [
    text(label(index), LABEL_WIDTH - 6, TREE_HEIGHT + (place + 0.5) * cell, { align: 'right' }),
    ...(cell >= LABEL_WIDTH * 0.8 || names.length <= 4
      ? [text(label(index), left(place + 0.5), height - 12, { align: 'center' })]
      : []),
  ]);
  const tree = branches(placed, names.length, merges, {
    x: (place) => left(place + 0.5),
    y: (share) => TREE_HEIGHT - 6 - share * (TREE_HEIGHT - 16),
  });
  return draw(
    {
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: { show: false, min: 0, max: 1 },
      yAxis: { show: false, min: 0, max: 1 },
      series: [
        {
          type: 'custom',
          data: [[0, 0]],
          renderItem: () => ({ type: 'group', children: [...tree, ...squares, ...labels] }),
        },
      ],
    },
    { width, height: Math.ceil(height) },
  );
}

/** As the tree has them, those of no merge at the end. */
function order(count: number, merges: readonly Merge[]): readonly number[] {
  const leaves = merges.length === 0 ? [] : leafOrder(merges, count);
  const rest = Array.from({ length: count }, (_, leaf) => leaf).filter((leaf) => !leaves.includes(leaf));
  return [...leaves, ...rest];
}

function branches(
  placed: readonly number[],
  count: number,
  merges: readonly Merge[],
  at: { readonly x: (place: number) => number; readonly y: (share: number) => number },
) {
  const highest = Math.max(Number.MIN_VALUE, ...merges.map(([, , height]) => height));
  const nodes = new Map<number, { readonly place: number; readonly share: number }>(
    placed.map((leaf, place) => [leaf, { place, share: 0 }]),
  );
  return merges.flatMap(([left, right, height], index) => {
    const [a, b] = [nodes.get(left), nodes.get(right)];
    if (a === undefined || b === undefined) return [];
    const share = height / highest;
    nodes.set(count + index, { place: (a.place + b.place) / 2, share });
    const points = [
      [at.x(a.place), at.y(a.share)],
      [at.x(a.place), at.y(share)],
      [at.x(b.place), at.y(share)],
      [at.x(b.place), at.y(b.share)],
    ];
    return [
      { type: 'polyline', shape: { points }, style: { stroke: INK.muted, lineWidth: 1.5, fill: 'none' } },
    ];
  });
}

/** Mixed by the page, so that it is light on light and dark on dark; what is not known has the colour of a line. */
function colourOf(correlation: number | null): string {
  if (correlation === null) return INK.line;
  const share = Math.round(Math.min(1, Math.abs(correlation)) * 70);
  return `color-mix(in srgb, ${correlation < 0 ? INK.loss : INK.value} ${share}%, var(--surface))`;
}
