import type { Migration } from './migration.ts';

const NOTHING_KEPT = '{"reason":"it was not kept at the time","state":"unknown"}';

/**
 * Every rebalance that was asked for: by whom, who agreed, how it ended, and what the book had afterwards. What was
 * carried out before is taken over with what is known of it.
 */
export const rebalances: Migration = {
  name: '0016-rebalances',
  statements: [
    `create table rebalance (
      sequence integer primary key,
      id text not null unique,
      request_id text not null,
      mode text not null check (mode in ('demo', 'paper', 'live')),
      origin text,
      reason text not null,
      approval text check (approval in ('approved', 'ask', 'policy')),
      requested_at_ms integer,
      plan_hash text references plan (hash),
      planned_usd text check (planned_usd not like '-%'),
      decided_by text,
      decided_at_ms integer,
      begun_at_ms integer,
      ended_at_ms integer,
      state text not null check (state in ('waiting', 'executing', 'done', 'needsPerson', 'planned', 'refused', 'rejected', 'expired', 'aborted', 'outdated')),
      state_reason text not null,
      after text not null,
      check ((decided_by is null) = (decided_at_ms is null)),
      check ((state in ('waiting', 'executing')) = (ended_at_ms is null)),
      check (begun_at_ms is null or plan_hash is not null),
      check (state not in ('executing', 'done', 'needsPerson') or plan_hash is not null),
      check (state not in ('planned', 'refused', 'rejected', 'expired', 'outdated', 'waiting') or begun_at_ms is null)
    ) strict`,
    'create index rebalance_by_request on rebalance (request_id)',
    'create index rebalance_by_plan on rebalance (plan_hash)',
    `create index rebalance_by_policy on rebalance (decided_at_ms) where decided_by = 'policy'`,
    // What the book has of an order is found by the order, and not by reading the book.
    `create index book_event_fill_by_order on book_event (venue, json_extract(body, '$.clientOrderId'))
      where type = 'portfolio.fillReported'`,

    `insert into rebalance (id, request_id, mode, reason, plan_hash, ended_at_ms, state, state_reason, after)
      select plan.hash, plan_execution.request_id, plan.mode, '', plan.hash,
        case plan.status when 'executing' then null else plan_execution.updated_at_ms end,
        plan.status, '', '${NOTHING_KEPT}'
      from plan_execution join plan on plan.hash = plan_execution.plan_hash
      where plan.status in ('executing', 'done', 'aborted', 'needsPerson')
      order by plan.at_ms`,
  ],
};
