import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../../src/domain/money/amount.ts';
import { measureDrift } from '../../../../src/domain/rebalancing/triggers/drift.ts';
import { judgeBands } from '../../../../src/domain/rebalancing/triggers/judge-bands.ts';
import type { BandTrigger } from '../../../../src/domain/rebalancing/triggers/trigger.ts';

const text = (ppm: number) => amount((ppm / 1e6).toFixed(6));
const ppm = fc.integer({ min: 1, max: 999_999 });
const dust = amount('0.0001');
const DUST_PPM = 100;
const triggers: fc.Arbitrary<BandTrigger> = fc.oneof(
  ppm.map((width) => ({ kind: 'absolute' as const, halfWidth: text(width) })),
  ppm.map((share) => ({ kind: 'relative' as const, share: text(share) })),
  fc.constant({ kind: 'hybrid525' as const }),
  ppm.map((width) => ({ kind: 'bands' as const, halfWidths: { A: text(width) } })),
);
const drift = (weightPpm: number, targetPpm: number) => {
  // Of A alone, so that what cash does cannot fire for it.
  const { groups, total } = measureDrift({ A: text(weightPpm) }, { A: targetPpm });
  return { groups, total };
};
const SETTINGS = { seed: 20240615, numRuns: 300 };

it('1. A band is never as wide as its target: at a weight of zero it has fired, unless the target itself is dust.', () => {
  fc.assert(
    fc.property(triggers, fc.oneof(ppm, fc.integer({ min: 1, max: 200 })), (trigger, target) => {
      const found = judgeBands(drift(0, target), trigger, dust);
      expect(found.hasFired).toBe(target >= DUST_PPM);
      // And so it has just above nothing.
      const above = judgeBands(drift(Math.floor(target / 10), target), trigger, dust);
      if (target >= 2_000) expect(above.hasFired).toBe(true);
    }),
    SETTINGS,
  );
});

it('2. What is held without a target has always fired, and dust never has.', () => {
  fc.assert(
    fc.property(triggers, fc.oneof(ppm, fc.integer({ min: 1, max: 200 })), (trigger, weight) => {
      expect(judgeBands(drift(weight, 0), trigger, dust).hasFired).toBe(weight >= DUST_PPM);
      expect(judgeBands(drift(-weight, 0), trigger, dust).hasFired).toBe(weight >= DUST_PPM);
    }),
    SETTINGS,
  );
});

it('3. A wider band never fires where a narrower one does not.', () => {
  fc.assert(
    fc.property(ppm, ppm, ppm, ppm, (weight, target, a, b) => {
      const at = (width: number) =>
        judgeBands(drift(weight, target), { kind: 'absolute', halfWidth: text(width) }, dust).hasFired;
      if (at(Math.max(a, b))) expect(at(Math.min(a, b))).toBe(true);
    }),
    SETTINGS,
  );
});
