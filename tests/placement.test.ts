import { describe, expect, it } from '@jest/globals';
import { FAULT_NAMES, faultsOf, SEQUENCES } from './support/placement/placement-faults.ts';
import { runPlacements } from './support/placement/placement-tally.ts';
import { runWirePlacements } from './support/placement/wire-placement.ts';

const IN_PROCESS = 300;
const OVER_THE_WIRE = 5;

describe('an order that is placed while everything around it fails', () => {
  it('is at its venue once at most, is never taken for rejected while it lives, and stays reserved until evidence', async () => {
    // Seeds with four faults each: the longest sequences.
    const tally = await runPlacements(20_000, IN_PROCESS);
    expect(tally.firstFailure).toBeNull();
    expect(tally.ordersPerIntentMax).toBe(1);
    expect(tally.runsOnDatabase).toBeGreaterThan(10);
    // Nothing would be shown by faults that never strike.
    for (const name of FAULT_NAMES) expect([name, tally.faults[name]]).not.toEqual([name, 0]);
    expect(Object.keys(tally.outcomes).toSorted()).toEqual(['done', 'needsPerson']);
  });

  it('is so over the wire too, with the whole service and the real adapters', async () => {
    const tally = await runWirePlacements(13, OVER_THE_WIRE);
    expect(tally.firstFailure).toBeNull();
    expect(tally.ordersPerIntentMax).toBe(1);
    expect(tally.starts).toBeGreaterThan(OVER_THE_WIRE);
    // Requests that are lost are waited for, on the machine's own clock.
  }, 240_000);

  it('meets every sequence of up to four faults in as many seeds as there are sequences', () => {
    const met = new Set(Array.from({ length: SEQUENCES }, (_, seed) => faultsOf(seed + 1).join(' ')));
    expect(met.size).toBe(SEQUENCES);
  });
});
