import { type HeightRow, heightBody } from './dydx-rows.ts';
import type { IndexerSession } from './indexer-session.ts';

/** The last block that the indexer has processed, and that block's time. */
export function readHeight(session: IndexerSession): Promise<HeightRow> {
  return session.read({
    endpoint: 'GET /v4/height',
    schema: heightBody,
    call: (client) => client.utility.getHeight(),
    rowsOf: () => 1,
  });
}
