import type { Incident, TrueCause } from './incident.ts';
import type { JudgedIncident } from './judge-incidents.ts';
import { readAt } from './run-core.ts';

/** What the core is given, as one document: the book before any correction, and two reads a quiet window apart. */
export function inputDocument(incident: Incident): unknown {
  const { number, venues, book, prices, observedAtMs, quietWindowMs, transfersInTransit } = incident;
  return {
    incident: number,
    part: 'input',
    quietWindowMs,
    prices: Object.fromEntries(prices),
    transfersInTransit,
    venues: venues.map((input) => {
      const { held: _held, ...rest } = input;
      const view = book.viewOf(input.venue);
      return {
        ...rest,
        book: { ...view, recentVenueIds: [...view.recentVenueIds].sort() },
        transactions: book.transactionsOf(input.venue),
        snapshots: [readAt(input, observedAtMs), readAt(input, observedAtMs + quietWindowMs)],
      };
    }),
  };
}

/** What went wrong. */
export function truthDocument({ number, truth }: Incident): unknown {
  return { incident: number, part: 'truth', causes: truth.map(causeDocument) };
}

/** What the core said, round by round. */
export function resultDocument({ incident, run, judgement }: JudgedIncident): unknown {
  const { found: _found, ...judged } = judgement;
  return {
    incident: incident.number,
    part: 'result',
    ...judged,
    rounds: run.rounds
      .filter(({ comparison }) => comparison.differences.length > 0)
      .map(({ input, comparison, candidates, explanations, corrections }) => ({
        venue: input.venue,
        differences: comparison.differences.map(({ asset, bucket, subject, delta }) => ({
          asset,
          bucket,
          subject,
          delta,
        })),
        candidates: candidates.map(({ id, cause, evidenceKind, evidence, deltas }) => ({
          id,
          cause,
          evidenceKind,
          evidence,
          deltas,
        })),
        explanations: explanations.map(({ assets, verdict, isInformational, isPartial, alternatives }) => ({
          assets,
          verdict,
          isInformational,
          isPartial,
          alternatives: alternatives.map((events) => events.map(({ id }) => id)),
        })),
        corrections: corrections.map(({ correction, applied }) => ({
          id: correction.id,
          cause: correction.cause,
          applied,
          parts: correction.parts,
        })),
      })),
  };
}

const causeDocument = ({ venue, cause, reference, deltas }: TrueCause) => ({
  venue,
  cause,
  reference,
  deltas: Object.fromEntries(deltas),
});
