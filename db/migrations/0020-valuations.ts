import type { Migration } from './migration.ts';

/**
 * What the portfolio was worth, one row a valuation: its total in columns, what it consists of in one text. How long a
 * row is kept is its tier, which never changes; the series of the limits on losses gets one likewise. What was recorded
 * before a flow, and as the first of a day, nobody removes; nothing is ever changed. What was reckoned later can be again.
 */
export const valuations: Migration = {
  name: '0020-valuations',
  statements: [
    `create table valuation (
      sequence integer primary key,
      at_ms integer not null,
      tier text not null check (tier in ('raw', 'hourly', 'daily', 'flow')),
      origin text not null check (origin in ('recorded', 'backfilled')),
      value_usd text not null,
      is_complete integer not null check (is_complete in (0, 1)),
      transaction_sequence integer,
      before_transaction text,
      body text not null,
      check ((tier = 'flow') = (before_transaction is not null)),
      check ((origin = 'recorded') = (transaction_sequence is not null))
    ) strict`,
    'create index valuation_by_time on valuation (at_ms)',
    'create index valuation_by_tier on valuation (tier, at_ms)',
    'create unique index valuation_of_schedule on valuation (at_ms) where before_transaction is null',
    'create unique index valuation_before on valuation (before_transaction) where before_transaction is not null',
    `create trigger valuation_refuses_update before update on valuation
      begin select raise(abort, 'valuation is append-only: no row is ever updated'); end`,
    `create trigger valuation_refuses_delete before delete on valuation
      when old.tier in ('daily', 'flow') and old.origin = 'recorded'
      begin select raise(abort, 'what was recorded of a day or before a flow is kept for ever'); end`,
    `create trigger valuation_refuses_replace before insert on valuation
      when exists (select 1 from valuation where sequence = new.sequence)
      begin select raise(abort, 'valuation is append-only: no row is ever replaced'); end`,
    "alter table nav_point add column tier text not null default 'raw' check (tier in ('raw', 'hourly', 'daily'))",
    `update nav_point set tier = found.tier from (
      select sequence, case
        when lag(at_ms) over series is null or lag(at_ms) over series / 86400000 <> at_ms / 86400000 then 'daily'
        when lag(at_ms) over series / 3600000 <> at_ms / 3600000 then 'hourly'
        else 'raw' end as tier
      from nav_point window series as (order by sequence)
    ) as found where found.sequence = nav_point.sequence`,
    'create index nav_point_by_tier on nav_point (tier, at_ms)',
  ],
};
