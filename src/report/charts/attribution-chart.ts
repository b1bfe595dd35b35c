import { percentText } from '../number-text.ts';
import type { AttributionFigures } from '../report-document.ts';
import { draw, FONT, grid, INK, valueAxis } from './draw.ts';

const ROW = 28;
const CHARACTERS_MAX = 18;

/** What each part brought, the best above. The height follows from the parts. */
export function drawAttribution({ parts }: AttributionFigures, width: number): string {
  const sorted = parts.toSorted((a, b) => a.contribution - b.contribution || (a.name < b.name ? 1 : -1));
  const short = (name: string): string =>
    name.length > CHARACTERS_MAX ? `${name.slice(0, CHARACTERS_MAX - 1)}…` : name;
  return draw(
    {
      grid: grid(56),
      xAxis: valueAxis((value) => percentText(value, 1), { splitNumber: width > 600 ? 5 : 2, scale: false }),
      yAxis: {
        type: 'category',
        data: sorted.map(({ name }) => short(name)),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: INK.text, fontSize: FONT.size, interval: 0 },
      },
      series: [
        {
          type: 'bar',
          barMaxWidth: 16,
          data: sorted.map(({ contribution }) => ({
            value: contribution,
            itemStyle: { color: contribution < 0 ? INK.loss : INK.gain },
            label: {
              show: true,
              // Right of the bar: a loss ends at zero, and has its number on the other side of it.
              position: 'right',
              color: INK.text,
              fontSize: FONT.size,
              formatter: percentText(contribution),
            },
          })),
        },
      ],
    },
    { width, height: 44 + ROW * parts.length },
  );
}
