import type { Migration } from './migration.ts';

/** Where the execution of a plan stands: what a restart goes on from. */
export const execution: Migration = {
  name: '0005-execution',
  statements: [
    `create table plan_execution (
      plan_hash text primary key not null references plan (hash),
      request_id text not null,
      body text not null,
      updated_at_ms integer not null
    ) strict, without rowid`,
  ],
};
