import type { CertifiedReading } from '../../actors/rebalancing-work.ts';
import { assert } from '../../src/domain/assert.ts';
import { applyExecutionEvent } from '../../src/domain/rebalancing/apply-execution-event.ts';
import { type Execution, venueOf } from '../../src/domain/rebalancing/execution.ts';

/** An execution that knows what venues have confirmed, where nobody else reserves anything. */
export function withReadings(execution: Execution, readings: readonly CertifiedReading[]): Execution {
  return readings.reduce((state, { venue, revision, confirmed }) => {
    const confirmedCash = confirmed[venueOf(state, venue).cashAsset];
    assert(confirmedCash !== undefined, `a reading of ${venue} has its cash`);
    return applyExecutionEvent(state, { type: 'venueCertified', venue, confirmedCash, revision });
  }, execution);
}
