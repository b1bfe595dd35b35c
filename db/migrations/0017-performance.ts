import type { Migration } from './migration.ts';

/**
 * What the portfolio was worth, one row every few minutes while everything was certified and priced; and what the limits
 * on losses were judged by last. `transaction_sequence` is the newest transaction that the value knows of: what came in
 * or went out after it is the next row's.
 */
export const performance: Migration = {
  name: '0017-performance',
  statements: [
    `create table nav_point (
      sequence integer primary key,
      at_ms integer not null,
      nav_usd text not null,
      flow_usd text not null,
      index_value text not null check (index_value not like '-%'),
      transaction_sequence integer not null,
      scope text not null
    ) strict`,
    'create index nav_point_by_time on nav_point (at_ms)',
    `create table loss_state (
      id integer primary key check (id = 1),
      index_value text not null check (index_value not like '-%'),
      index_at_ms integer not null,
      high_water_index text not null check (high_water_index not like '-%'),
      drawdown_halted_at_ms integer,
      drawdown_at_halt text,
      day_pnl_usd text not null,
      day_start_usd text not null,
      day_halted_at_ms integer,
      check ((drawdown_halted_at_ms is null) = (drawdown_at_halt is null))
    ) strict`,
  ],
};
