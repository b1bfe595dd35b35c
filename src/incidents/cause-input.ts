import type { CandidateCause } from '../domain/reconciliation/candidate.ts';
import type { TransferUnderWay } from '../domain/reconciliation/candidates-of-structure.ts';
import type { TrueCause } from './incident.ts';
import type { FactDraw } from './incident-facts.ts';
import type { VenueModel } from './incident-venues.ts';
import type { Effect, IncidentWorld } from './incident-world.ts';

export interface CauseInput {
  readonly world: IncidentWorld;
  readonly model: VenueModel;
  readonly facts: FactDraw;
  readonly startTransfer: (transfer: TransferUnderWay) => void;
}

export type MakeCause = (input: CauseInput) => TrueCause;

export const truth = (
  { venue }: VenueModel,
  cause: CandidateCause,
  reference: string | null,
  deltas: Effect,
): TrueCause => ({ venue, cause, reference, deltas });
