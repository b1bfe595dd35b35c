import { type Unknown, unknown } from '../domain/venue/observation.ts';
import { DeadlinePassed } from '../platform/deadline.ts';

/** Longest excerpt of a foreign body that enters a message. */
const EXCERPT_MAX = 200;

/** What an HTTP status other than success means for a read. `null` for a success. */
export function failureOfStatus(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
): Unknown | null {
  if (status >= 200 && status < 300) return null;
  const detail = `HTTP ${status}: ${body.slice(0, EXCERPT_MAX)}`;
  if (status === 429) return unknown('rateLimited', detail, retryAfterMs(headers['retry-after']));
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

/** `Retry-After` in seconds, as milliseconds; a second where the venue does not say or says nonsense. */
export function retryAfterMs(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Math.max(1, Number(header)) * 1_000 : 1_000;
}
