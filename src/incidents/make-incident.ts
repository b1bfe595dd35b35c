import { receive } from '../domain/book/make-transaction.ts';
import type { TransferUnderWay } from '../domain/reconciliation/candidates-of-structure.ts';
import type { Activity } from '../domain/venue/venue.ts';
import type { CauseInput } from './cause-input.ts';
import { type Draw, drawOf } from './draw.ts';
import type { Incident, TrueCause, VenueInput } from './incident.ts';
import { CAUSE_MAKERS } from './incident-causes.ts';
import {
  bookFact,
  drawMovement,
  drawQuantity,
  drawTrade,
  type FactDraw,
  factOfMovement,
  happenOnRecord,
} from './incident-facts.ts';
import { INCIDENT_PRICES, SOL, VENUE_MODELS, type VenueModel, WRAPPED_SOL } from './incident-venues.ts';
import { createWorld, differenceOf, effectOfAmounts, type IncidentWorld } from './incident-world.ts';
import { placeRestingOrder } from './resting-order.ts';

const OPENED_AT_MS = 1_750_000_000_000;
const DAY_MS = 86_400_000;
const QUIET_WINDOW_MS = 5_000;
const CAUSES_MAX = 4;
/** In so many of a hundred incidents something that is booked has the very amount of what is not. */
const COLLIDING_SHARE = 0.15;

/** One incident: a book over three venues, what happened there, and one to four things that went wrong. */
export function makeIncident(seed: number, number: number): Incident {
  const draw = drawOf(seed, number);
  const world = createWorld(
    VENUE_MODELS.map(({ venue }) => venue),
    OPENED_AT_MS,
  );
  const facts = factDrawOf(draw);
  const transfers: TransferUnderWay[] = [];
  for (const model of VENUE_MODELS) {
    open(world, model, draw);
    addNoise(world, model, facts);
  }
  const truth = Array.from({ length: draw.whole(1, CAUSES_MAX) }, () => {
    const model = draw.pick(VENUE_MODELS);
    const maker = draw.pick(CAUSE_MAKERS.filter(({ kinds }) => kinds.includes(model.kind)));
    const input: CauseInput = { world, model, facts, startTransfer: (transfer) => transfers.push(transfer) };
    return maker.make(input);
  });
  if (draw.chance(COLLIDING_SHARE)) collide(world, draw.pick(truth), facts);
  return {
    number,
    venues: VENUE_MODELS.map((model) => inputOf(world, model)),
    book: world.book,
    transfersInTransit: transfers,
    prices: INCIDENT_PRICES,
    observedAtMs: OPENED_AT_MS + DAY_MS,
    quietWindowMs: QUIET_WINDOW_MS,
    truth: togetherWithoutRecord(truth),
  };
}

/** What no record names happened once, as far as anyone can ever tell: its parts are one cause. */
function togetherWithoutRecord(causes: readonly TrueCause[]): readonly TrueCause[] {
  const together = new Map<string, TrueCause>();
  for (const [place, cause] of causes.entries()) {
    const isNamed = cause.reference !== null || cause.deltas.size === 0;
    const key = isNamed ? String(place) : `${cause.venue} ${cause.cause}`;
    const before = together.get(key)?.deltas ?? new Map();
    together.set(key, { ...cause, deltas: effectOfAmounts([...before, ...cause.deltas]) });
  }
  return [...together.values()];
}

function factDrawOf(draw: Draw): FactDraw {
  let named = 0;
  return {
    draw,
    name: (kind) => {
      named += 1;
      return `${kind}-${named}-${draw.whole(100_000, 999_999)}`;
    },
    atMs: () => OPENED_AT_MS + draw.whole(1, 22 * 3_600) * 1_000,
  };
}

/** What was there at the start, the same in the book and at the venue. */
function open(world: IncidentWorld, model: VenueModel, draw: Draw): void {
  const effect = effectOfAmounts(
    model.assets.map((asset) => [asset, drawQuantity(asset, draw, { leastUsd: 10_000, mostUsd: 90_000 })]),
  );
  world.happen(model.venue, effect);
  world.bookPostings({
    eventId: `opening:${model.venue}`,
    cause: 'openingBalance',
    venue: model.venue,
    atMs: OPENED_AT_MS,
    venueIds: [],
    postings: [...effect].flatMap(([asset, held]) =>
      receive(model.venue, 'available', asset, held, 'opening'),
    ),
  });
}

/** What happened and is booked: by its id, without one, or under another. */
function addNoise(world: IncidentWorld, model: VenueModel, facts: FactDraw): void {
  const { draw } = facts;
  for (let trades = draw.whole(0, 8); trades > 0; trades -= 1) {
    const fact = drawTrade(model, facts);
    happenOnRecord(world, model, fact);
    bookFact(world, model, fact);
  }
  for (let movements = draw.whole(0, 4); movements > 0; movements -= 1) {
    const fact = drawMovement(draw.pick(NOISE_KINDS[model.kind] ?? ['deposit']), model, facts);
    happenOnRecord(world, model, fact);
    bookFact(world, model, fact);
  }
  // A bot that names no id for what it reports leaves the venue's record without its like in the book: a decoy.
  for (let decoys = draw.chance(0.1) ? draw.whole(5, 12) : draw.whole(0, 3); decoys > 0; decoys -= 1) {
    const fact = drawMovement(draw.pick(NOISE_KINDS[model.kind] ?? ['deposit']), model, facts);
    happenOnRecord(world, model, fact);
    bookFact(world, model, fact, { venueIds: [] });
  }
  if (draw.chance(0.2)) {
    const fact = drawTrade(model, facts);
    happenOnRecord(world, model, fact);
    bookFact(world, model, fact, { venueIds: [facts.name('unlike')] });
  }
  if (model.usesHolds && draw.chance(0.4)) placeRestingOrder({ world, model, facts }, true);
}

const NOISE_KINDS: Partial<Record<VenueModel['kind'], readonly Activity['kind'][]>> = {
  coinbase: ['deposit', 'withdrawal', 'reward'],
  dydx: ['deposit', 'withdrawal', 'funding', 'funding'],
  solana: ['deposit', 'withdrawal', 'fee'],
};

/** Something that is booked without its id has the amount of a cause, or its two parts have it together. */
function collide(world: IncidentWorld, cause: TrueCause, facts: FactDraw): void {
  const model = VENUE_MODELS.find(({ venue }) => venue === cause.venue);
  if (model === undefined || cause.deltas.size === 0) return;
  for (const effect of facts.draw.chance(0.5) ? [cause.deltas] : halves(cause, facts.draw)) {
    const kind = effect.size > 1 ? 'swap' : 'reward';
    const fact = factOfMovement(kind, { id: facts.name('decoy'), atMs: facts.atMs(), effect });
    happenOnRecord(world, model, fact);
    bookFact(world, model, fact, { venueIds: [] });
  }
}

function halves({ deltas }: TrueCause, draw: Draw) {
  const first = effectOfAmounts(
    [...deltas].map(([asset]) => [asset, drawQuantity(asset, draw, { leastUsd: 1, mostUsd: 900 })]),
  );
  return [first, differenceOf(deltas, first)];
}

function inputOf(world: IncidentWorld, model: VenueModel): VenueInput {
  return {
    venue: model.venue,
    kind: model.kind,
    openedAtMs: OPENED_AT_MS,
    fillsSinceMs: OPENED_AT_MS,
    activitySinceMs: OPENED_AT_MS,
    assets: model.assets,
    activity: world.activityAt(model.venue),
    held: world.heldAt(model.venue),
    wrappedPairs: model.kind === 'solana' ? [{ native: SOL, wrapped: WRAPPED_SOL }] : [],
  };
}
