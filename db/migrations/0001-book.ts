import { appendOnly, type Migration } from './migration.ts';

/** The ledger, the messages that it was written from, and what is derived from both. */
export const book: Migration = {
  name: '0001-book',
  statements: [
    `create table book_transaction (
      sequence integer primary key,
      id text not null unique,
      event_id text not null unique,
      cause text not null check (cause in ('openingBalance', 'order', 'fill', 'deposit', 'withdrawal', 'transfer', 'funding', 'correction', 'reversal')),
      venue text not null,
      at_ms integer not null,
      recorded_at_ms integer not null,
      venue_ids text not null
    ) strict`,
    'create index book_transaction_by_cause on book_transaction (cause, venue, at_ms)',
    ...appendOnly('book_transaction', ['sequence']),

    `create table posting (
      transaction_sequence integer not null references book_transaction (sequence),
      line integer not null,
      venue text,
      bucket text check (bucket in ('available', 'hold', 'inTransit', 'accrued')),
      external text check (external in ('opening', 'trade', 'fee', 'transfer', 'funding', 'reward', 'rounding', 'unexplained')),
      asset text not null,
      amount text not null check (amount <> '0'),
      primary key (transaction_sequence, line),
      check ((venue is null) = (bucket is null)),
      check ((venue is null) <> (external is null))
    ) strict, without rowid`,
    ...appendOnly('posting', ['transaction_sequence', 'line']),

    `create table balance (
      venue text not null,
      asset text not null,
      available text not null,
      hold text not null,
      in_transit text not null,
      accrued text not null,
      version integer not null check (version > 0),
      primary key (venue, asset)
    ) strict, without rowid`,

    `create table book_event (
      sequence integer primary key,
      event_id text not null unique,
      content_hash text not null,
      type text not null,
      venue text not null,
      at_ms integer not null,
      recorded_at_ms integer not null,
      body text not null,
      outcome text not null
    ) strict`,
    ...appendOnly('book_event', ['sequence']),

    `create table venue_id_index (
      venue text not null,
      venue_id text not null,
      transaction_sequence integer not null references book_transaction (sequence),
      at_ms integer not null,
      primary key (venue, venue_id)
    ) strict, without rowid`,
    'create index venue_id_index_by_time on venue_id_index (venue, at_ms)',

    `create table book_order (
      venue text not null,
      client_order_id text not null,
      market text,
      base text,
      quote text,
      side text check (side in ('buy', 'sell')),
      quantity text,
      limit_price text,
      submitted_at_ms integer,
      venue_order_id text,
      hold_asset text,
      hold_amount text,
      is_cancelled integer not null check (is_cancelled in (0, 1)),
      filled_quantity text not null,
      inferred_fills text not null,
      is_live integer not null check (is_live in (0, 1)),
      primary key (venue, client_order_id),
      check ((quantity is null) = (submitted_at_ms is null)),
      check (quantity is null or market is not null),
      check ((hold_asset is null) = (hold_amount is null))
    ) strict, without rowid`,
    'create index book_order_live on book_order (venue) where is_live = 1',
    'create index book_order_by_venue_order on book_order (venue, venue_order_id) where venue_order_id is not null',

    `create table book_transfer (
      transfer_id text primary key,
      sent text,
      received text,
      check (sent is not null or received is not null)
    ) strict, without rowid`,

    `create table venue_state (
      venue text primary key,
      kind text,
      scope text,
      opening text not null check (opening in ('unopened', 'fromSnapshot', 'fromMessages')),
      opened_at_ms integer,
      opening_watermark text,
      last_observed_at_ms integer,
      mode text not null check (mode in ('unopened', 'active', 'reduceOnly', 'halted')),
      mode_reason text not null,
      mode_since_ms integer not null,
      check ((opening = 'unopened') = (opened_at_ms is null)),
      check ((kind is null) = (scope is null))
    ) strict, without rowid`,
  ],
};
