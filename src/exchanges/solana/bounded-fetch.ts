import { createHash } from 'node:crypto';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { RequestClass } from '../../resilience/token-bucket.ts';
import { failureOfStatus, failureOfTransport } from '../http-failure.ts';
import type { Pace } from '../pace.ts';
import { readBody } from '../read-body.ts';

export interface HttpText {
  readonly state: 'answered';
  readonly body: string;
  /** SHA-256 of the body's bytes, in hex. */
  readonly sha256: string;
}

export interface RequestPorts {
  readonly pace: Pace;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** An owner with ten thousand token accounts stays below this. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** Key-like parts of a URL are at least this long; shorter ones are ordinary words. */
const SECRET_CHARACTERS_MIN = 12;

/**
 * One HTTP request that ends: by an answer of bounded size, by the signal, by its own deadline, or by a failure.
 * Never follows a redirect, never repeats, never lets a key of the URL into a message.
 */
export async function fetchBounded(
  url: string,
  init: RequestInit,
  by: RequestPorts & { readonly signal: AbortSignal; readonly requestClass: RequestClass },
): Promise<HttpText | Unknown> {
  const { signal, pace, now, requestClass } = by;
  try {
    const { response, bytes } = await pace(requestClass, signal, async (ending) => {
      const answer = await fetch(url, { ...init, redirect: 'manual', signal: ending });
      return {
        response: answer,
        bytes: await readBody(answer, { bytesMax: BODY_BYTES_MAX, signal: ending }),
      };
    });
    if (bytes === null) return unknown('malformed', `the body is larger than ${BODY_BYTES_MAX} bytes`);
    const body = bytes.toString('utf8');
    const failure = failureOfStatus(
      response.status,
      { 'retry-after': response.headers.get('retry-after') ?? undefined },
      withoutSecrets(body, url),
      now(),
    );
    return failure ?? { state: 'answered', body, sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    return failureOfTransport(error, signal);
  }
}

/** Providers put keys into paths and queries, and some repeat them in what they answer. */
function withoutSecrets(text: string, url: string): string {
  const { pathname, searchParams, username, password } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password];
  return parts
    .filter((part) => part.length >= SECRET_CHARACTERS_MIN)
    .reduce((clean, part) => clean.replaceAll(part, '***').replaceAll(decodeURIComponent(part), '***'), text);
}
