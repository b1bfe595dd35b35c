import { describe, expect, it } from '@jest/globals';
import { numberText, percentText } from '../src/report/number-text.ts';
import { renderReport } from '../src/report/render-report.ts';
import { sampleReport } from './support/sample-report.ts';

describe('the page of a report', () => {
  const page = renderReport(sampleReport());

  it('stands alone: no script, nothing loaded from anywhere', () => {
    expect(page).not.toMatch(/<script|<link|<img|<[^>]*\s(?:on\w+|src)=|javascript:|@import|url\((?!#)/i);
    expect(page.match(/https?:\/\/[^"\s]+/g)?.filter((url) => !url.startsWith('http://www.w3.org/'))).toEqual(
      [],
    );
  });

  it('takes no name for its own markup', () => {
    expect(page).toContain('Portfolio &lt;script&gt;alert(1)&lt;/script&gt; &amp; sons');
    expect(page).toContain('A&lt;b&gt;&quot;&amp;group');
    expect(page).not.toContain('A<b>');
  });

  it('is the same bytes for the same document', () => {
    expect(renderReport(sampleReport())).toBe(page);
  });

  it('has the exact number beside each that is rounded', () => {
    expect(page).toContain('<data value="-0.0567891">−5.68 %</data>');
    expect(page).toContain('<data value="1.5038195211750114">1.50</data>');
  });

  it('says why what is not known is not, and draws no zero for it', () => {
    const document = sampleReport();
    const reason = { state: 'unknown', reason: 'only two valuations <yet>' } as const;
    const without = renderReport({
      ...document,
      value: reason,
      drawdown: reason,
      allocation: reason,
      correlation: reason,
      attribution: reason,
    });
    expect(without.match(/Not known: only two valuations &lt;yet&gt;/g)).toHaveLength(5);
    expect(without).not.toContain('<svg');
  });
});

describe('numbers for people', () => {
  it.each([
    [0, '0.00 %'],
    [-0.000001, '0.00 %'],
    [-0.0567891, '−5.68 %'],
    [12.3, '1230.00 %'],
  ])('%d is %s', (fraction, text) => {
    expect(percentText(fraction)).toBe(text);
  });

  it.each([
    ['1234567.891', '1 234 567.89'],
    ['-0.001', '0.00'],
    ['-1234.5', '−1 234.50'],
    ['999', '999.00'],
  ])('%s is %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });
});
