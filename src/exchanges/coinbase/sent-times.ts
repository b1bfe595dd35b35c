/** More orders than are ever in doubt at one time. */
const REMEMBERED_MAX = 1_000;

export interface SentTimes {
  record(clientOrderId: string, atMs: number): void;
  /** The latest time at which the order can have been sent; what an earlier process sent, it sent before this one opened. */
  latest(clientOrderId: string): number;
}

/** When each order was last sent, as far as a look-up needs it to prove absence. Forgetting makes it later, never earlier. */
export function sentTimes(openedAtMs: number): SentTimes {
  const sentAtMs = new Map<string, number>();
  let floorAtMs = openedAtMs;
  return {
    record(clientOrderId, atMs) {
      sentAtMs.delete(clientOrderId);
      sentAtMs.set(clientOrderId, atMs);
      if (sentAtMs.size <= REMEMBERED_MAX) return;
      for (const [oldest, oldestAtMs] of sentAtMs) {
        sentAtMs.delete(oldest);
        floorAtMs = Math.max(floorAtMs, oldestAtMs);
        return;
      }
    },
    latest: (clientOrderId) => Math.max(floorAtMs, sentAtMs.get(clientOrderId) ?? floorAtMs),
  };
}
