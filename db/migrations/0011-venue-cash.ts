import { appendOnly, type Migration } from './migration.ts';

/** Amounts are canonical decimal text: digits, with at most a point and a minus. */
const isDecimal = (column: string): string => `${column} not glob '*[^0-9.-]*' and ${column} <> ''`;
const isNotNegative = (column: string): string => `${isDecimal(column)} and ${column} not like '-%'`;

/**
 * What orders have set aside of an asset at a venue. That C - R >= B is checked by the reducer, over the row that it
 * read in the same transaction, and not by SQL: SQLite would compare decimal text as text or as floats.
 */
export const venueCash: Migration = {
  name: '0011-venue-cash',
  statements: [
    `create table cash_event (
      sequence integer primary key,
      venue text not null,
      asset text not null,
      version integer not null check (version >= 0),
      key text not null,
      state text not null check (state in ('opened', 'applied', 'premiseBroken')),
      reason text not null,
      body text not null,
      at_ms integer not null,
      check ((state = 'opened') = (version = 0))
    ) strict`,
    'create unique index cash_event_by_version on cash_event (venue, asset, version)',
    // What is applied once is found by its key, so that the current state need not keep every one.
    'create unique index cash_event_by_key on cash_event (venue, asset, key)',
    ...appendOnly('cash_event', ['sequence']),

    `create table venue_cash (
      venue text not null,
      asset text not null,
      confirmed text not null check (${isDecimal('confirmed')}),
      floor text not null check (${isNotNegative('floor')}),
      reserved text not null check (${isNotNegative('reserved')}),
      version integer not null check (version >= 0),
      halted text,
      primary key (venue, asset)
    ) strict, without rowid`,
    `create table cash_reservation (
      venue text not null,
      asset text not null,
      order_name text not null,
      place integer not null,
      amount text not null check (${isNotNegative('amount')}),
      booked_quantity text not null check (${isNotNegative('booked_quantity')}),
      ended_quantity text check (${isNotNegative('ended_quantity')}),
      primary key (venue, asset, order_name),
      foreign key (venue, asset) references venue_cash (venue, asset)
    ) strict, without rowid`,

    // The state moves one event at a time, whoever writes: a writer that has not seen the last one is refused.
    `create trigger venue_cash_moves_by_one_event before update on venue_cash
      when new.version <> old.version + 1 or new.venue <> old.venue or new.asset <> old.asset or not exists (
        select 1 from cash_event where venue = new.venue and asset = new.asset and version = new.version)
      begin select raise(abort, 'venue_cash moves by one event at a time, written before it'); end`,
    `create trigger venue_cash_refuses_delete before delete on venue_cash
      begin select raise(abort, 'venue_cash is kept: no row is ever deleted'); end`,
    `create trigger venue_cash_refuses_replace before insert on venue_cash
      when exists (select 1 from venue_cash where venue = new.venue and asset = new.asset)
      begin select raise(abort, 'venue_cash is kept: no row is ever replaced'); end`,
  ],
};
