import { CoinbaseTrouble, malformed } from './coinbase-trouble.ts';
import { optionalTextAt, rowAt, timeAt } from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';

const TIME_PATH = '/api/v3/brokerage/time';

/**
 * The venue's clock minus ours by its own time endpoint: only what cannot be the time that the answer was under way.
 *
 * Null where the endpoint does not answer readably: what other answers say of the time then has to do. Throws
 * `CoinbaseTrouble` where the venue asks to wait or the deadline has come.
 */
export async function readClockSkew(
  { requests, now }: { readonly requests: SignedRequests; readonly now: () => number },
  signal: AbortSignal,
): Promise<number | null> {
  const sentAtMs = now();
  try {
    const { document } = await requests.read({ method: 'GET', path: TIME_PATH, isPublic: true }, signal);
    const serverAtMs = serverTimeOf(document);
    const least = serverAtMs - now();
    const most = serverAtMs - sentAtMs;
    return least > 0 ? least : Math.min(most, 0);
  } catch (error) {
    if (!(error instanceof CoinbaseTrouble)) throw error;
    if (error.unknown.reason === 'rateLimited' || error.unknown.reason === 'timedOut') throw error;
    return null;
  }
}

function serverTimeOf(document: unknown): number {
  const place = `GET ${TIME_PATH}`;
  const row = rowAt(document, place);
  const millis = optionalTextAt(row, 'epochMillis', place);
  if (millis === null) return timeAt(row, 'iso', place);
  if (/^\d{13}$/.test(millis)) return Number(millis);
  throw malformed(`${place}.epochMillis: expected 13 digits, found ${millis.slice(0, 40)}`);
}
