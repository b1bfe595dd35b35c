import { percentText } from '../number-text.ts';
import { draw, grid, INK, type Size, timeAxis, valueAxis } from './draw.ts';

/** Above it a scale of whole percents would say the same twice. */
const FINE = 0.04;

/** How far below its high the time-weighted index stood. */
export function drawDrawdown(
  points: readonly { readonly atMs: number; readonly drawdown: number }[],
  size: Size,
): string {
  const deepest = Math.min(...points.map(({ drawdown }) => drawdown));
  const span = { fromMs: points[0]?.atMs ?? 0, toMs: points.at(-1)?.atMs ?? 0 };
  return draw(
    {
      grid: grid(),
      xAxis: { ...timeAxis(size.width, span), axisLine: { onZero: false, lineStyle: { color: INK.line } } },
      yAxis: valueAxis((value) => percentText(value, deepest > -FINE ? 2 : 0), {
        max: 0,
        // Of what never fell there is no scale to find.
        ...(deepest === 0 ? { min: -FINE, splitNumber: 2 } : {}),
        scale: false,
      }),
      series: [
        {
          type: 'line',
          showSymbol: false,
          lineStyle: { color: INK.loss, width: 1.5 },
          areaStyle: { color: INK.loss, opacity: 0.2 },
          data: points.map(({ atMs, drawdown }) => [atMs, drawdown]),
        },
      ],
    },
    size,
  );
}
