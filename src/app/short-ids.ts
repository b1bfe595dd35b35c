import type { OpenDatabase } from '../../db/database.ts';
import { readIdsBeginningWith } from '../../db/read-ids-beginning-with.ts';

/** As long as the beginnings of ids are shown, unless two ids have the same. */
const SHORT = 8;
/** Ids are hashes: even two that begin alike are rare. */
const ALIKE_MAX = 100;

/** The shortest beginning of each id, of at least eight characters, that no other discrepancy or correction has. */
export async function shortIdsOf(
  db: OpenDatabase['db'],
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const short = new Map<string, string>();
  for (const id of new Set(ids)) {
    const page = { beginning: id.slice(0, SHORT), limit: ALIKE_MAX };
    const alike = [
      ...(await readIdsBeginningWith(db, 'discrepancy', page)),
      ...(await readIdsBeginningWith(db, 'correction', page)),
    ];
    short.set(id, shortestOwn(id, alike));
  }
  return short;
}

function shortestOwn(id: string, alike: readonly string[]): string {
  const others = alike.filter((other) => other !== id);
  for (let length = SHORT; length < id.length; length += 1) {
    const beginning = id.slice(0, length);
    if (!others.some((other) => other.startsWith(beginning))) return beginning;
  }
  return id;
}
