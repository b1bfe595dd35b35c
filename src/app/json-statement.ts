// A statement in JSON: a snapshot as `trueup diff` reads it, and beside its keys "activity" and "completeSince", if any.

import { type Amount, subtract, ZERO } from '../domain/money/amount.ts';
import { type Unknown, unknown } from '../domain/venue/observation.ts';
import { perpetualAsset } from '../domain/venue/venue.ts';
import type { Statement } from '../exchanges/statement/statement.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { recordsSchema } from './diff-records.ts';
import { type KnownSnapshot, snapshotSchema } from './diff-snapshot.ts';
import { isObject, problemsIn } from './file-terms.ts';
import { parseJsonText } from './json-text.ts';

/** Balances, positions, open orders, fills and activity. The first mistake is told with its place. */
export function readJsonStatement(text: string): Statement | Unknown {
  if (!text.trimEnd().endsWith('}')) return unknown('incomplete', 'expected "}" at the end, found none');
  const json = parseJsonText(text);
  if (!json.ok)
    return unknown('malformed', `line ${json.line}, column ${json.column}: expected ${json.expected}`);
  const { activity = [], completeSince, ...written } = isObject(json.value) ? json.value : {};
  const snapshot = snapshotSchema.safeParse(written);
  if (!snapshot.success) return malformed(problemsIn('$', snapshot.error.issues, written));
  if (snapshot.data.state === 'unknown')
    return unknown('incomplete', `the statement itself is unknown: ${snapshot.data.reason}`);
  const list = completeSince === undefined ? activity : { completeSince, activity };
  const records = recordsSchema.safeParse(list);
  if (!records.success) return malformed(problemsIn('$', records.error.issues, list));
  const fills = records.data.records.flatMap((one) => (one.kind === 'fill' ? [one.fill] : []));
  return {
    state: 'stated',
    venue: snapshot.data.account.venue,
    snapshot: snapshotOf({ ...snapshot.data, fills: [...snapshot.data.fills, ...fills] }),
    statedAtMs: snapshot.data.observedAtMs,
    activity: records.data.records.flatMap((one) => (one.kind === 'activity' ? [one.activity] : [])),
    completeSinceMs: records.data.completeSinceMs,
  };
}

/** A position without an entry price stands among the balances, as its contract. */
function snapshotOf({ account, positions, fills, accrued }: KnownSnapshot): Statement['snapshot'] {
  const balances = new Map(account.balances);
  for (const { market } of positions) balances.delete(perpetualAsset(market));
  return {
    balances: [...balances]
      .map(([asset, { total, hold }]) => ({ asset, symbol: null, ...splitOf(total, hold) }))
      .sort((a, b) => (a.asset < b.asset ? -1 : 1)),
    positions: [...positions].sort((a, b) => (a.market < b.market ? -1 : 1)),
    openOrders: (account.openOrders ?? [])
      .map((order) => ({ ...order, id: order.id ?? order.clientOrderId ?? '' }))
      .sort(byId),
    fills: [...new Map(fills.map((fill) => [fill.id, fill])).values()].sort(byId),
    accrued: [...accrued].sort((a, b) => (a.asset < b.asset ? -1 : 1)),
  };
}

const splitOf = (total: Amount, hold: Amount | null) => ({
  total,
  available: subtract(total, hold ?? ZERO),
  hold: hold ?? ZERO,
});

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);

function malformed([first]: readonly ConfigurationProblem[]): Unknown {
  return unknown('malformed', `${first?.path}: expected ${first?.expected}, found ${first?.found}`);
}
