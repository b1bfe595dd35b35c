import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([LineChart, BarChart, CustomChart, GridComponent, SVGRenderer]);

/** Colours by what they mean; the page's style gives them, for light, dark and print. */
export const INK = {
  text: 'var(--text)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  value: 'var(--series-1)',
  deposits: 'var(--series-2)',
  gain: 'var(--gain)',
  loss: 'var(--loss)',
} as const;

export const FONT = { size: 13, family: 'system-ui, sans-serif' } as const;

/** Room for the labels of the axes, whatever they say. */
export const grid = (right = 16) => ({
  left: 8,
  right,
  top: 12,
  bottom: 8,
  outerBoundsMode: 'same' as const,
  outerBoundsContain: 'axisLabel' as const,
});

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws a chart as SVG that takes its colours from the page. Reads no document and no clock: the same option gives the same text. */
export function draw(option: EChartsCoreOption, { width, height }: Size): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      useUTC: true,
      textStyle: { fontFamily: FONT.family, fontSize: FONT.size, color: INK.text },
      ...option,
    });
    return asStanding(chart.renderToSVGString({ useViewBox: true }), width);
  } finally {
    chart.dispose();
  }
}

/** What serves a pointer is of no use on paper. */
const asStanding = (svg: string, width: number): string =>
  svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class="zr[^"]*"|pointer-events="[^"]*"|ecmeta_\w+="[^"]*")/g, '')
    .replace(/<svg width="\d+" height="\d+"/, `<svg aria-hidden="true" style="max-width:${width}px"`);

/** An axis of time, with as few labels as its width has room for. */
export const timeAxis = (
  width: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
) => ({
  type: 'time' as const,
  min: fromMs,
  max: toMs,
  splitNumber: Math.max(2, Math.floor(width / 140)),
  axisLine: { lineStyle: { color: INK.line } },
  axisTick: { lineStyle: { color: INK.line } },
  axisLabel: {
    color: INK.muted,
    fontSize: FONT.size,
    hideOverlap: true,
    formatter: (atMs: number): string => timeLabel(atMs, toMs - fromMs),
  },
});

export const valueAxis = (format: (value: number) => string, more: object = {}) => ({
  type: 'value' as const,
  scale: true,
  splitNumber: 4,
  axisLabel: { color: INK.muted, fontSize: FONT.size, hideOverlap: true, formatter: format },
  splitLine: { lineStyle: { color: INK.line } },
  ...more,
});

const DAY_MS = 86_400_000;
const YEARS_MS = 2 * 365 * DAY_MS;

function timeLabel(atMs: number, spanMs: number): string {
  const text = new Date(atMs).toISOString();
  if (spanMs > YEARS_MS) return text.slice(0, 7);
  return spanMs > 2 * DAY_MS ? text.slice(5, 10) : text.slice(11, 16);
}
