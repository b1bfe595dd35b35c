import { assert } from '../../domain/assert.ts';
import type { Fault, PlannedFault, VenueServer } from './simulated-venue.ts';

/** Faults that wait for their requests. Each request meets one fault at most, the first injected that matches. */
export interface FaultPlan {
  inject(fault: PlannedFault): void;
  /** The fault that this request meets, used up by one; a fault that does not apply waits for a later request. */
  meet(endpoint: string, applies: (fault: Fault) => boolean): Fault | null;
  met(): ReturnType<VenueServer['faultsMet']>;
}

export function createFaultPlan(): FaultPlan {
  const planned: { readonly plan: PlannedFault; met: number }[] = [];
  return {
    inject(plan) {
      assert(
        Number.isInteger(plan.count) && plan.count > 0,
        `a fault is planned for whole requests: ${plan.count}`,
      );
      planned.push({ plan, met: 0 });
    },
    meet(endpoint, applies) {
      for (const entry of planned) {
        const { plan, met } = entry;
        if (met >= plan.count || !endpoint.includes(plan.endpoint) || !applies(plan.fault)) continue;
        entry.met += 1;
        return plan.fault;
      }
      return null;
    },
    met: () => planned.map(({ plan, met }) => ({ ...plan, met })),
  };
}
