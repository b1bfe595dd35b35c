import { percentText } from '../number-text.ts';
import { draw, grid, INK, type Size, timeAxis, valueAxis } from './draw.ts';

/** How far below its high the time-weighted index stood. */
export function drawDrawdown(
  points: readonly { readonly atMs: number; readonly drawdown: number }[],
  size: Size,
): string {
  const span = { fromMs: points[0]?.atMs ?? 0, toMs: points.at(-1)?.atMs ?? 0 };
  // A portfolio that never fell still has an axis.
  const lowest = Math.min(-0.01, ...points.map(({ drawdown }) => drawdown));
  return draw(
    {
      grid: grid(),
      xAxis: { ...timeAxis(size.width, span), axisLine: { onZero: false, lineStyle: { color: INK.line } } },
      yAxis: valueAxis((value) => percentText(value, lowest > -0.05 ? 1 : 0), {
        max: 0,
        min: lowest,
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
