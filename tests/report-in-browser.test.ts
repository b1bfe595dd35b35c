// The page of a report as a browser lays it out: Debian's Chromium, where it is installed.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { renderReport } from '../src/report/render-report.ts';
import { sampleReport } from './support/sample-report.ts';

const CHROMIUM = process.env.TRUEUP_CHROMIUM ?? '/usr/bin/chromium';
/** The page reads nothing, and neither does the browser. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  // Where little memory is shared, as in a container.
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Evaluated in the page. */
const MEASURES = new URL('./support/page-measures.js', import.meta.url);
const LEGIBLE_PX = 10;
/** Of text that is not large, WCAG 2 AA. */
const CONTRAST_MIN = 4.5;
const WIDTHS = [
  ['a desk', 1280],
  ['a tablet', 820],
  ['a phone', 390],
  ['a small phone', 360],
] as const;

const describeWhere = existsSync(CHROMIUM) ? describe : describe.skip;
if (!existsSync(CHROMIUM)) process.stderr.write(`${CHROMIUM} not present: no page is laid out\n`);

describeWhere('the page of a report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trueup-report-'));
  const file = join(folder, 'report.html');
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(file, renderReport(sampleReport()));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Lays the page out and asks what a measure finds. */
  async function measured<Found>(
    measure: string,
    { width, ...options }: { width: number; colorScheme?: 'light' | 'dark'; media?: 'print' },
  ): Promise<Found> {
    const { colorScheme = 'light', media = null } = options;
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    try {
      await page.goto(pathToFileURL(file).href);
      await page.emulateMedia({ media, colorScheme });
      await page.addScriptTag({ path: fileURLToPath(MEASURES) });
      return await page.evaluate<Found>(`measures.${measure}`);
    } finally {
      await page.close();
    }
  }

  it.each(WIDTHS)('overflows nowhere on %s', async (_, width) => {
    const { beyond, scrollWidth, clientWidth } = await measured<{
      readonly beyond: readonly string[];
      readonly scrollWidth: number;
      readonly clientWidth: number;
    }>('overflow()', { width });
    expect(beyond).toEqual([]);
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
  });

  it.each(WIDTHS)('has legible labels inside their charts on %s, none upon another', async (_, width) => {
    const charts = await measured<readonly Chart[]>('charts()', { width });
    expect(charts.length).toBeGreaterThan(8);
    for (const { left, right, labels } of charts) {
      expect(labels.length).toBeGreaterThan(3);
      expect(labels.filter(({ size }) => size < LEGIBLE_PX)).toEqual([]);
      expect(labels.filter((label) => label.left < left - 1 || label.right > right + 1)).toEqual([]);
      const upon = labels.flatMap((label, index) =>
        labels.slice(index + 1).filter((other) => isUpon(label, other)),
      );
      expect(upon).toEqual([]);
    }
  });

  it('has the numbers of the document', async () => {
    const shown = await measured<unknown>('figures()', { width: 1280 });
    const { performance, correlation } = sampleReport();
    const told = Object.entries(performance).map(([name, fact]) => [
      name,
      fact.state === 'known' ? String(fact.value) : fact.reason,
    ]);
    const level = correlation.state === 'known' ? correlation.value.riskLevel : '';
    expect(shown).toEqual([...told, ['riskLevel', level]]);
  });

  it.each(['light', 'dark'] as const)(
    'has text that stands out from what is behind it, in %s',
    async (scheme) => {
      const options = { width: 1280, colorScheme: scheme };
      expect(await measured<unknown>(`faintBelow(${CONTRAST_MIN})`, options)).toEqual([]);
    },
  );

  it('is laid out for a sheet of paper when it is printed, and in light', async () => {
    const options = { width: 700, colorScheme: 'dark', media: 'print' } as const;
    const { behind, narrow } = await measured<{ readonly behind: string; readonly narrow: number }>(
      'layout()',
      options,
    );
    expect([behind, narrow]).toEqual(['rgb(255, 255, 255)', 0]);
  });
});

interface Label {
  readonly said: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly size: number;
}

interface Chart {
  readonly left: number;
  readonly right: number;
  readonly labels: readonly Label[];
}

/** Boxes of text have some room around it. */
const isUpon = (a: Label, b: Label): boolean =>
  b.left < a.right - 1 && b.right > a.left + 1 && b.top < a.bottom - 3 && b.bottom > a.top + 3;
