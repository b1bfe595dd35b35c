import { appendAudit } from '../../db/audit-repository.ts';
import type { Configuration } from './configuration.ts';
import { type NewNote, noteEntry } from './note-entry.ts';
import { type LonePorts, withOwnedBook } from './with-owned-book.ts';

/**
 * Keeps a note where no service runs.
 *
 * @throws as `withOwnedBook` does.
 */
export function addNoteAlone(configuration: Configuration, note: NewNote, ports: LonePorts): Promise<void> {
  return withOwnedBook(configuration, ports, async ({ db }) => {
    const outcome = await noteEntry(db, note, { by: ports.by, atMs: ports.clock.now() });
    if (outcome.status === 'refused') throw new Error(outcome.reason);
    await appendAudit(db, [outcome.entry]);
  });
}
