import { percentText } from '../number-text.ts';
import type { Allocation } from '../report-document.ts';
import { draw, grid, INK, type Size, timeAxis, valueAxis } from './draw.ts';

/** The share of one group, with its target as a dashed line, on one scale with the other groups. */
export function drawAllocation({ points }: Allocation, shareMax: number, size: Size): string {
  const span = { fromMs: points[0]?.atMs ?? 0, toMs: points.at(-1)?.atMs ?? 0 };
  return draw(
    {
      grid: grid(),
      xAxis: timeAxis(size.width, span),
      yAxis: valueAxis((value) => percentText(value, 0), {
        min: 0,
        max: shareMax,
        splitNumber: 2,
        scale: false,
      }),
      series: [
        {
          type: 'line',
          showSymbol: points.length === 1,
          lineStyle: { color: INK.value, width: 1.5 },
          itemStyle: { color: INK.value },
          areaStyle: { color: INK.value, opacity: 0.15 },
          data: points.map(({ atMs, weight }) => [atMs, weight]),
        },
        {
          type: 'line',
          step: 'end',
          showSymbol: false,
          connectNulls: false,
          lineStyle: { color: INK.deposits, width: 1.5, type: 'dashed' },
          data: points.map(({ atMs, target }) => [atMs, target]),
        },
      ],
    },
    size,
  );
}
