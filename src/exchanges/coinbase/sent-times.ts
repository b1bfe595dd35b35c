/** More orders than are ever in doubt at one time. */
const REMEMBERED_MAX = 1_000;

export interface SentTimes {
  /** `mayBeThere`: whether the order may be at the venue, by its answer or for want of one. */
  record(clientOrderId: string, sent: { readonly atMs: number; readonly mayBeThere: boolean }): void;
  /** The latest time at which the order can have been sent; what an earlier process sent, it sent before this one opened. */
  latest(clientOrderId: string): number;
  /** Whether an earlier attempt of this process may have placed the order. */
  mayBeThere(clientOrderId: string): boolean;
}

/** When each order was last sent, as far as a look-up needs it to prove absence. Forgetting makes it later, never earlier. */
export function sentTimes(openedAtMs: number): SentTimes {
  const sentByClientOrderId = new Map<string, { readonly atMs: number; readonly mayBeThere: boolean }>();
  let floorAtMs = openedAtMs;
  return {
    record(clientOrderId, sent) {
      sentByClientOrderId.delete(clientOrderId);
      sentByClientOrderId.set(clientOrderId, sent);
      if (sentByClientOrderId.size <= REMEMBERED_MAX) return;
      for (const [oldest, { atMs }] of sentByClientOrderId) {
        sentByClientOrderId.delete(oldest);
        floorAtMs = Math.max(floorAtMs, atMs);
        return;
      }
    },
    latest: (clientOrderId) => Math.max(floorAtMs, sentByClientOrderId.get(clientOrderId)?.atMs ?? floorAtMs),
    mayBeThere: (clientOrderId) => sentByClientOrderId.get(clientOrderId)?.mayBeThere ?? false,
  };
}
