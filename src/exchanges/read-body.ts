/**
 * The bytes of an answer; null where there are more than `bytesMax`. Throws what the transport throws.
 *
 * Ends at the signal by itself: the platform's own reading does not where a body is not compressed as its headers
 * say, and would wait for good.
 */
export async function readBody(
  response: Response,
  { bytesMax, signal }: { readonly bytesMax: number; readonly signal: AbortSignal },
): Promise<Buffer | null> {
  const reader = response.body?.getReader();
  if (reader === undefined) return Buffer.alloc(0);
  // What is being read ends at once; that the connection is closed with it is waited for by nobody.
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > bytesMax) {
        cancel();
        return null;
      }
      chunks.push(value);
    }
    signal.throwIfAborted();
    return Buffer.concat(chunks);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
