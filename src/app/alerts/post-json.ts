import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { failureOfStatus, failureOfTransport } from '../../exchanges/http-failure.ts';
import { readBody } from '../../exchanges/read-body.ts';

/** What receivers answer is a word or a small object. */
const ANSWER_BYTES_MAX = 65_536;

export type Posted = { readonly state: 'answered'; readonly body: string } | PostFailure;
/** With what the receiver said besides, where it said anything. */
export type PostFailure = Unknown & { readonly body?: string };

/** Posts one JSON text. Follows no redirect: what is meant for one receiver goes to no other. Never throws. */
export async function postJson(
  request: {
    readonly url: string;
    readonly body: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly nowMs: number;
  },
  signal: AbortSignal,
): Promise<Posted> {
  try {
    const response = await fetch(request.url, {
      method: 'POST',
      body: request.body,
      headers: { 'content-type': 'application/json; charset=utf-8', ...request.headers },
      redirect: 'manual',
      signal,
    });
    const bytes = await readBody(response, { bytesMax: ANSWER_BYTES_MAX, signal });
    const body = bytes?.toString('utf8') ?? '';
    if (response.status >= 300 && response.status < 400)
      return unknown('refused', `HTTP ${response.status}: it redirects, and redirects are not followed`);
    const headers = { 'retry-after': response.headers.get('retry-after') ?? undefined };
    const failure = failureOfStatus(response.status, headers, body, request.nowMs);
    return failure === null ? { state: 'answered', body } : { ...failure, body };
  } catch (error) {
    return failureOfTransport(error, signal);
  }
}
