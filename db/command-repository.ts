import type { Kysely, Selectable } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { inTransaction } from './database.ts';
import type { CommandTable, Database } from './tables.ts';

/** Commands taken at a time; the next ones wait for the next turn. */
const TAKEN_MAX = 100;

/** What another process asks of the owner of the book. */
export interface Command {
  readonly id: string;
  readonly kind: string;
  readonly body: unknown;
  readonly requestedAtMs: number;
}

export type CommandAnswer =
  | { readonly state: 'requested' }
  | { readonly state: 'answered'; readonly answer: unknown; readonly answeredAtMs: number };

/** Leaves a command for the owner. The same id is left once. */
export function requestCommand(
  db: Kysely<Database>,
  command: Command,
): Promise<'requested' | 'alreadyRequested'> {
  return inTransaction(db, async (trx) => {
    const known = await trx
      .selectFrom('command')
      .select('id')
      .where('id', '=', command.id)
      .executeTakeFirst();
    if (known) return 'alreadyRequested';
    await trx
      .insertInto('command')
      .values({
        id: command.id,
        kind: command.kind,
        body: canonicalJson(command.body),
        requested_at_ms: command.requestedAtMs,
        state: 'requested',
        answer: null,
        answered_at_ms: null,
      })
      .execute();
    return 'requested';
  });
}

/** Commands without an answer, in the order in which they were left. One that a crash interrupted is among them. */
export async function readRequestedCommands(db: Kysely<Database>): Promise<readonly Command[]> {
  const rows = await db
    .selectFrom('command')
    .selectAll()
    .where('state', '=', 'requested')
    .orderBy('sequence')
    .limit(TAKEN_MAX)
    .execute();
  return rows.map(commandFrom);
}

/** True when the command waited for an answer: give it in the transaction of what the command did. */
export async function answerCommand(
  db: Kysely<Database>,
  { id, answer, atMs }: { readonly id: string; readonly answer: unknown; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('command')
    .set({ state: 'answered', answer: canonicalJson(answer), answered_at_ms: atMs })
    .where('id', '=', id)
    .where('state', '=', 'requested')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function findCommandAnswer(db: Kysely<Database>, id: string): Promise<CommandAnswer | null> {
  const row = await db.selectFrom('command').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  return row.answer === null || row.answered_at_ms === null
    ? { state: 'requested' }
    : { state: 'answered', answer: JSON.parse(row.answer) as unknown, answeredAtMs: row.answered_at_ms };
}

const commandFrom = (row: Selectable<CommandTable>): Command => ({
  id: row.id,
  kind: row.kind,
  body: JSON.parse(row.body) as unknown,
  requestedAtMs: row.requested_at_ms,
});
