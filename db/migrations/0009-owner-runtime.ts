import type { Migration } from './migration.ts';

/** What the owner last said of itself with its heartbeat. It goes with the lock, and is no part of the book's state. */
export const ownerRuntime: Migration = {
  name: '0009-owner-runtime',
  statements: ['alter table owner_lock add column runtime text'],
};
