import { type HeightRow, heightBody } from './dydx-rows.ts';
import { type IndexerSession, isNotFound } from './indexer-session.ts';

const ENDPOINT = 'GET /v4/height';

/** The last block that the indexer has processed, and that block's time. */
export function readHeight(session: IndexerSession): Promise<HeightRow> {
  return session.read({
    endpoint: ENDPOINT,
    schema: heightBody,
    call: (client) => client.utility.getHeight(),
    rowsOf: () => 1,
  });
}

/**
 * The height for a watermark: null where the server has no such endpoint, for newer subaccounts name a height
 * themselves and holdings are compared either way. Whatever decides by height alone asks `readHeight`.
 */
export async function readHeightIfServed(session: IndexerSession): Promise<number | null> {
  try {
    return (await readHeight(session)).height;
  } catch (error) {
    if (isNotFound(error, ENDPOINT)) return null;
    throw error;
  }
}
