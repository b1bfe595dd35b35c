import { describe, expect, it } from '@jest/globals';
import { add, subtract, ZERO } from '../../src/domain/money/amount.ts';
import { inputDocument, resultDocument, truthDocument } from '../../src/incidents/incident-documents.ts';
import { judgeIncidents } from '../../src/incidents/judge-incidents.ts';
import { makeIncident } from '../../src/incidents/make-incident.ts';

const still = () => 0;

describe('incidents', () => {
  it.each([1, 2, 987_654_321])(
    'are never corrected wrongly and always flagged where ambiguous (seed %d)',
    (seed) => {
      const report = judgeIncidents({ count: 60, seed, elapsedMs: still });
      expect(report).toMatchObject({
        residualNonZero: 0,
        wrongCorrections: 0,
        ambiguousFlagged: 1,
        notEnumerated: 0,
      });
      expect(report.causesCorrect).toBeGreaterThanOrEqual(0.95);
      expect(report.corrected).toBeGreaterThanOrEqual(0.5);
      expect(report.ambiguousShare).toBeGreaterThan(0);
      expect(Object.values(report.byVerdict).reduce((total, count) => total + count, 0)).toBe(60);
    },
  );

  it('differ by exactly what their truth says, at every venue and in every asset', () => {
    for (let number = 1; number <= 60; number += 1) {
      const { venues, book, truth } = makeIncident(7, number);
      for (const { venue, held } of venues) {
        const left = new Map<string, ReturnType<typeof add>>();
        const move = (asset: string, moved: ReturnType<typeof add>) =>
          left.set(asset, add(left.get(asset) ?? ZERO, moved));
        for (const { asset, total } of held.balances) move(asset, total);
        for (const { market, size } of held.positions) move(`perpetual:${market}`, size);
        for (const { asset, available, hold } of book.viewOf(venue).holdings)
          move(asset, subtract(ZERO, add(available, hold)));
        for (const cause of truth.filter((one) => one.venue === venue)) {
          for (const [asset, delta] of cause.deltas) move(asset, subtract(ZERO, delta));
        }
        expect([...left].filter(([, rest]) => rest !== ZERO)).toEqual([]);
      }
      expect(truth.length).toBeGreaterThanOrEqual(1);
      expect(truth.length).toBeLessThanOrEqual(4);
    }
  });

  it('have every kind of cause', () => {
    const causes = new Set(
      Array.from({ length: 300 }, (_, i) => makeIncident(3, i).truth)
        .flat()
        .map(({ cause }) => cause),
    );
    expect([...causes].sort()).toEqual([
      'activityNotAtVenue',
      'conversion',
      'decimalsShift',
      'deposit',
      'duplicateBooking',
      'fee',
      'feeInOtherAsset',
      'fillNotAtVenue',
      'funding',
      'fundingAccrued',
      'missedFill',
      'orderHold',
      'quoteBookedAsBase',
      'reward',
      'swap',
      'transfer',
      'transferInTransit',
      'withdrawal',
      'wrappedNativeMixed',
    ]);
  });

  it('are the same for the same seed, and others for another', () => {
    const dumpOf = (seed: number): string => {
      const lines: string[] = [];
      judgeIncidents({
        count: 5,
        seed,
        elapsedMs: still,
        onIncident: (incident) => lines.push(JSON.stringify(inputDocument(incident))),
        onJudged: (judged) =>
          lines.push(JSON.stringify(truthDocument(judged.incident)), JSON.stringify(resultDocument(judged))),
      });
      return lines.join('\n');
    };
    expect(dumpOf(4)).toBe(dumpOf(4));
    expect(dumpOf(4)).not.toBe(dumpOf(5));
    expect(dumpOf(4).split('\n')).toHaveLength(15);
  });
});
