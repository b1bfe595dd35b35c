import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { sha256Hex } from '../../src/domain/hash.ts';
import { certify, type PageProof, type Snapshot } from '../../src/domain/venue/observation.ts';
import {
  type StoredSnapshotText,
  snapshotIdOf,
  verifySnapshot,
} from '../../src/domain/venue/verify-snapshot.ts';
import { type Draw, drawOf } from '../../src/incidents/draw.ts';

/** A certified snapshot as it is kept, with several pages and rows of every kind. */
export function drawStoredSnapshot(draw: Draw): StoredSnapshotText {
  const text = (least: number, most: number) => draw.amount(least, most, 8);
  const balances = Array.from({ length: draw.whole(2, 12) }, (_, i) => {
    const total = text(0.001, 5_000);
    return { asset: `ASSET${i}`, symbol: null, total, available: total, hold: '0' };
  });
  const fills = Array.from({ length: draw.whole(0, 6) }, (_, i) => ({
    id: `fill-${i}-${draw.whole(1_000, 9_999)}`,
    orderId: `order-${draw.whole(1, 99)}`,
    clientOrderId: draw.chance(0.5) ? `client-${i}` : null,
    market: 'BTC-USD',
    base: 'BTC',
    quote: 'USD',
    side: draw.pick(['buy', 'sell']),
    quantity: text(0.001, 2),
    price: text(10_000, 90_000),
    quoteAmount: text(10, 90_000),
    fee: { asset: 'USD', amount: text(0.01, 20) },
    atMs: 1_750_000_000_000 + draw.whole(0, 86_400_000),
  }));
  const pages: readonly PageProof[] = Array.from({ length: draw.whole(2, 6) }, (_, i) => ({
    endpoint: draw.pick(['GET /accounts', 'GET /orders', 'GET /fills']),
    rows: draw.whole(0, 250),
    sha256: sha256Hex(`page ${i} ${draw.whole(0, 1_000_000)}`),
  }));
  const watermark = {
    activity: `w${draw.whole(1, 1_000_000)}`,
    height: draw.chance(0.5) ? draw.whole(1, 1e9) : null,
  };
  const observedAtMs = 1_750_000_000_000 + draw.whole(0, 86_400_000);
  const value = { balances, positions: [], openOrders: [], fills, accrued: [] } as unknown as Snapshot;
  const observed = certify(value, {
    venue: draw.pick(['coinbase', 'dydx-main']),
    kind: 'coinbase',
    scope: `portfolio-${draw.whole(1, 1_000)}`,
    complete: true,
    observedAtMs,
    clockSkewMs: draw.whole(-900, 900),
    watermarkBefore: watermark,
    watermarkAfter: watermark,
    pages,
    sources: ['https://venue.example'],
  });
  if (observed.state === 'unknown') throw new Error(observed.detail);
  const certificate = canonicalJson(observed.certificate);
  const body = canonicalJson(observed.value);
  const id = snapshotIdOf({ certificate, body });
  return { id, venue: observed.certificate.venue, observedAtMs, certificate, body };
}

export type SnapshotMutation = (stored: StoredSnapshotText, draw: Draw) => StoredSnapshotText;

/** By name, so that whoever is missed is known. Each changes something, or gives back what it was given. */
export const SNAPSHOT_MUTATIONS: Readonly<Record<string, SnapshotMutation>> = {
  pageDropped: inCertificate('pages', drop),
  pageDuplicated: inCertificate('pages', duplicate),
  pagesReordered: inCertificate('pages', reorder),
  rowDropped: inBody(['balances', 'fills'], drop),
  rowDuplicated: inBody(['balances', 'fills'], duplicate),
  rowsReordered: inBody(['balances', 'fills'], reorder),
  rowsReorderedUnderANewId: withNewId(inBody(['balances', 'fills'], reorder)),
  rowDroppedUnderANewId: withNewId(inBody(['balances', 'fills'], drop)),
  digitFlippedInBody: (stored, draw) => ({ ...stored, body: flipDigit(stored.body, draw) }),
  digitFlippedInBodyUnderANewId: withNewId((stored, draw) => ({
    ...stored,
    body: flipDigit(stored.body, draw),
  })),
  digitFlippedInCertificate: (stored, draw) => ({
    ...stored,
    certificate: flipDigit(stored.certificate, draw),
  }),
  digitFlippedInId: (stored, draw) => ({ ...stored, id: flipDigit(stored.id, draw) }),
  digitFlippedInTime: (stored, draw) => ({
    ...stored,
    observedAtMs: Number(flipDigit(String(stored.observedAtMs), draw)),
  }),
  venueRenamed: (stored) => ({ ...stored, venue: `${stored.venue}2` }),
  characterDropped: (stored, draw) => ({ ...stored, body: withoutCharacter(stored.body, draw) }),
  truncated: (stored, draw) => ({
    ...stored,
    body: stored.body.slice(0, draw.whole(0, stored.body.length - 1)),
  }),
  spaceAdded: (stored) => ({ ...stored, certificate: `${stored.certificate} ` }),
  certificateOfAnother: (stored, draw) => ({ ...stored, certificate: drawStoredSnapshot(draw).certificate }),
  bodyOfAnother: (stored, draw) => ({ ...stored, body: drawStoredSnapshot(draw).body }),
  bodyOfAnotherUnderANewId: withNewId((stored, draw) => ({ ...stored, body: drawStoredSnapshot(draw).body })),
};

export interface MutationReport {
  readonly count: number;
  readonly seed: number;
  readonly detected: number;
  readonly missed: number;
  /** Snapshots that were not touched and were found altered. */
  readonly falseAlarms: number;
  readonly byMutation: Readonly<Record<string, { readonly made: number; readonly detected: number }>>;
}

/** Makes so many mutations, one of one snapshot each, and says how many are found. */
export function mutateSnapshots(count: number, seed: number): MutationReport {
  const byMutation: Record<string, { made: number; detected: number }> = {};
  const names = Object.keys(SNAPSHOT_MUTATIONS);
  let detected = 0;
  let falseAlarms = 0;
  for (let number = 0; number < count; number += 1) {
    const draw = drawOf(seed, number);
    const stored = drawStoredSnapshot(draw);
    if (verifySnapshot(stored).verdict !== 'intact') falseAlarms += 1;
    const { name, mutated } = mutateOnce(stored, names, draw);
    const isFound = verifySnapshot(mutated).verdict === 'altered';
    const before = byMutation[name] ?? { made: 0, detected: 0 };
    byMutation[name] = { made: before.made + 1, detected: before.detected + (isFound ? 1 : 0) };
    if (isFound) detected += 1;
  }
  return { count, seed, detected, missed: count - detected, falseAlarms, byMutation };
}

/** Draws until something has changed: two equal rows may change places unseen. */
function mutateOnce(stored: StoredSnapshotText, names: readonly string[], draw: Draw) {
  for (;;) {
    const name = draw.pick(names);
    const mutated = SNAPSHOT_MUTATIONS[name]?.(stored, draw) ?? stored;
    if (canonicalJson(mutated) !== canonicalJson(stored)) return { name, mutated };
  }
}

type Rows = readonly unknown[];

function inCertificate(list: string, change: (rows: Rows, draw: Draw) => Rows): SnapshotMutation {
  return (stored, draw) => ({ ...stored, certificate: changed(stored.certificate, list, change, draw) });
}

function inBody(lists: readonly string[], change: (rows: Rows, draw: Draw) => Rows): SnapshotMutation {
  return (stored, draw) => ({ ...stored, body: changed(stored.body, draw.pick(lists), change, draw) });
}

function changed(text: string, list: string, change: (rows: Rows, draw: Draw) => Rows, draw: Draw): string {
  const fields = JSON.parse(text) as Record<string, Rows>;
  return canonicalJson({ ...fields, [list]: change(fields[list] ?? [], draw) });
}

function withNewId(mutation: SnapshotMutation): SnapshotMutation {
  return (stored, draw) => {
    const mutated = mutation(stored, draw);
    return mutated.body === stored.body ? stored : { ...mutated, id: snapshotIdOf(mutated) };
  };
}

function drop(rows: Rows, draw: Draw): Rows {
  const dropped = draw.whole(0, Math.max(0, rows.length - 1));
  return rows.filter((_, index) => index !== dropped);
}

function duplicate(rows: Rows, draw: Draw): Rows {
  const index = draw.whole(0, Math.max(0, rows.length - 1));
  return rows.flatMap((row, place) => (place === index ? [row, row] : [row]));
}

function reorder(rows: Rows, draw: Draw): Rows {
  if (rows.length < 2) return rows;
  const from = draw.whole(0, rows.length - 1);
  const rest = rows.filter((_, index) => index !== from);
  const to = draw.whole(0, rest.length);
  return [...rest.slice(0, to), rows[from], ...rest.slice(to)];
}

function flipDigit(text: string, draw: Draw): string {
  const places = [...text].flatMap((character, index) => (/\d/.test(character) ? [index] : []));
  if (places.length === 0) return text;
  const place = draw.pick(places);
  const digit = (Number(text[place]) + draw.whole(1, 9)) % 10;
  return `${text.slice(0, place)}${digit}${text.slice(place + 1)}`;
}

function withoutCharacter(text: string, draw: Draw): string {
  const place = draw.whole(0, text.length - 1);
  return text.slice(0, place) + text.slice(place + 1);
}
