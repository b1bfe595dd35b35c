import { type Unknown, unknown } from '../domain/venue/observation.ts';
import { DeadlinePassed } from '../platform/deadline.ts';

/** Longest excerpt of a foreign body that enters a message. */
const EXCERPT_MAX = 200;

/** What an HTTP status other than success means for a read that was answered at `nowMs`. `null` for a success. */
export function failureOfStatus(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  nowMs: number,
): Unknown | null {
  if (status >= 200 && status < 300) return null;
  const detail = `HTTP ${status}: ${body.slice(0, EXCERPT_MAX)}`;
  const askedMs = retryAfterMs(headers['retry-after'], nowMs);
  if (status === 429) return unknown('rateLimited', detail, askedMs ?? RETRY_AFTER_MIN_MS);
  if (status === 503) return unknown('unreachable', detail, askedMs ?? undefined);
  if (status >= 500 || status === 408) return unknown('unreachable', detail);
  return unknown('refused', detail);
}

/** What an error thrown by a transport means for a read: aborted by a deadline of ours, or never reached. */
export function failureOfTransport(error: unknown, signal: AbortSignal): Unknown {
  if (signal.aborted) return unknown('timedOut', 'no answer before the deadline');
  if (error instanceof DeadlinePassed) return unknown('timedOut', error.message);
  const cause =
    (error as { cause?: { code?: unknown } } | null)?.cause?.code ??
    (error as { code?: unknown } | null)?.code;
  return unknown('unreachable', typeof cause === 'string' ? cause : 'the connection failed');
}

/** What a venue that does not say how long to wait is given, and the least that one is given. */
const RETRY_AFTER_MIN_MS = 1_000;
/** Eleven days; what is further away is nonsense. */
const RETRY_AFTER_MAX_MS = 999_999_000;
/** The one form of a date that HTTP still allows to be sent, such as "Sun, 06 Nov 1994 08:49:37 GMT". */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** `Retry-After`, as a number of seconds or as a date: how long from now. Null where there is none, or nonsense. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  // RFC 9110 knows whole seconds only, and some venues send what their limiter has computed.
  const askedMs = /^\d{1,6}(?:\.\d{1,9})?$/.test(text)
    ? Math.ceil(Number(text) * 1_000)
    : HTTP_DATE.test(text)
      ? Date.parse(text) - nowMs
      : Number.NaN;
  return askedMs <= RETRY_AFTER_MAX_MS ? Math.max(RETRY_AFTER_MIN_MS, askedMs) : null;
}
