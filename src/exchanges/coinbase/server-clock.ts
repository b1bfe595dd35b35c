import { CoinbaseTrouble, malformed } from './coinbase-trouble.ts';
import { optionalTextAt, rowAt, timeAt } from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';
import type { TokenTime } from './token-time.ts';

const TIME_PATH = '/api/v3/brokerage/time';

/**
 * The venue's clock minus ours by its own time endpoint: only what cannot be the time that the answer was under way.
 * Tokens are dated by the same answer from then on.
 *
 * Null where the endpoint does not answer readably: what other answers say of the time then has to do. Throws
 * `CoinbaseTrouble` where the venue asks to wait or the deadline has come.
 */
export async function readClockSkew(
  venue: {
    readonly requests: SignedRequests;
    readonly now: () => number;
    readonly tokenTime: TokenTime;
  },
  signal: AbortSignal,
): Promise<number | null> {
  const { requests, now, tokenTime } = venue;
  const sentAtMs = now();
  const machineSentAtMs = tokenTime.machineNow();
  try {
    const { document } = await requests.read({ method: 'GET', path: TIME_PATH, isPublic: true }, signal);
    const serverAtMs = serverTimeOf(document);
    tokenTime.correct(
      skewBetween(serverAtMs, { sentAtMs: machineSentAtMs, receivedAtMs: tokenTime.machineNow() }),
    );
    return skewBetween(serverAtMs, { sentAtMs, receivedAtMs: now() });
  } catch (error) {
    if (!(error instanceof CoinbaseTrouble)) throw error;
    if (error.unknown.reason === 'rateLimited' || error.unknown.reason === 'timedOut') throw error;
    return null;
  }
}

function skewBetween(
  serverAtMs: number,
  { sentAtMs, receivedAtMs }: { readonly sentAtMs: number; readonly receivedAtMs: number },
): number {
  const least = serverAtMs - receivedAtMs;
  const most = serverAtMs - sentAtMs;
  return least > 0 ? least : Math.min(most, 0);
}

function serverTimeOf(document: unknown): number {
  const place = `GET ${TIME_PATH}`;
  const row = rowAt(document, place);
  const millis = optionalTextAt(row, 'epochMillis', place);
  if (millis === null) return timeAt(row, 'iso', place);
  if (/^\d{13}$/.test(millis)) return Number(millis);
  throw malformed(`${place}.epochMillis: expected 13 digits, found ${millis.slice(0, 40)}`);
}
