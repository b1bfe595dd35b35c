import { numberText } from '../number-text.ts';
import type { ValuePoint } from '../report-document.ts';
import { draw, grid, INK, type Size, timeAxis, valueAxis } from './draw.ts';

/** What the portfolio was worth, and what was put into it: the space between the lines was earned or lost. */
export function drawValue(points: readonly ValuePoint[], size: Size): string {
  const span = { fromMs: points[0]?.atMs ?? 0, toMs: points.at(-1)?.atMs ?? 0 };
  return draw(
    {
      grid: grid(),
      xAxis: timeAxis(size.width, span),
      yAxis: valueAxis((value) => numberText(value, 0)),
      series: [
        {
          type: 'line',
          showSymbol: points.length === 1,
          lineStyle: { color: INK.value, width: 2 },
          itemStyle: { color: INK.value },
          // A gap where the value is not known.
          connectNulls: false,
          data: points.map(({ atMs, value }) => [atMs, value.state === 'known' ? Number(value.value) : null]),
        },
        {
          type: 'line',
          step: 'end',
          showSymbol: false,
          lineStyle: { color: INK.deposits, width: 2, type: 'dashed' },
          data: points.map(({ atMs, deposited }) => [
            atMs,
            deposited.state === 'known' ? Number(deposited.value) : null,
          ]),
        },
      ],
    },
    size,
  );
}
