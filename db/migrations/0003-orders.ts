import type { Migration } from './migration.ts';

/** Plans, and the orders that are written down before they are sent. */
export const orders: Migration = {
  name: '0003-orders',
  statements: [
    `create table plan (
      hash text primary key,
      at_ms integer not null,
      mode text not null,
      status text not null,
      body text not null
    ) strict, without rowid`,
    'create index plan_by_time on plan (at_ms)',

    `create table order_intent (
      intent_id text primary key,
      plan_hash text not null references plan (hash),
      sequence integer not null,
      venue text not null,
      market text not null,
      side text not null check (side in ('buy', 'sell')),
      quantity text not null check (quantity not like '-%' and quantity <> '0'),
      limit_price text not null check (limit_price not like '-%' and limit_price <> '0'),
      time_in_force text not null check (time_in_force in ('immediateOrCancel', 'goodTilCancelled')),
      reduce_only integer not null check (reduce_only in (0, 1)),
      client_order_id text not null,
      funded_by text not null,
      status text not null check (status in ('recorded', 'prepared', 'submitting', 'outcomeUnknown', 'open', 'filled', 'cancelled', 'expired', 'rejected', 'deniedLocally')),
      payload text,
      reference text,
      expires_at_height integer,
      recorded_at_ms integer not null,
      submitted_at_ms integer,
      confirmed_at_ms integer,
      venue_order_id text,
      filled_quantity text not null check (filled_quantity not like '-%'),
      filled_quote text not null check (filled_quote not like '-%'),
      fees text not null,
      detail text not null,
      unique (venue, client_order_id),
      unique (plan_hash, sequence),
      check (status in ('recorded', 'deniedLocally') or payload is not null),
      check (status in ('recorded', 'prepared', 'deniedLocally') or submitted_at_ms is not null)
    ) strict, without rowid`,
    `create index order_intent_under_way on order_intent (venue)
      where status in ('recorded', 'prepared', 'submitting', 'outcomeUnknown', 'open')`,

    `create table reservation (
      intent_id text not null references order_intent (intent_id),
      venue text not null,
      asset text not null,
      amount text not null check (amount not like '-%' and amount <> '0'),
      primary key (intent_id, venue, asset)
    ) strict, without rowid`,
    'create index reservation_by_asset on reservation (venue, asset)',

    `create table client_number (
      venue text primary key,
      next integer not null check (next between 0 and 4294967296)
    ) strict, without rowid`,
  ],
};
