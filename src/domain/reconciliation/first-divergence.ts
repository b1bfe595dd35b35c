// Since when book and venue differ: the stored reads, halved again and again.
//
// Invariants, each held by a property test of the same name:
// 1. The read that is found differs, and the one before it agrees.
// 2. Of a million reads at most twenty-one are looked at.

/**
 * Finds the first of `count` reads, in order of time, from which on they differ. Asks by yielding an index and is told
 * whether that read differs; returns null where the last one agrees. A difference that came and went before counts only
 * if a question happens to meet it: it is another finding.
 */
export function* firstDivergence(count: number): Generator<number, number | null, boolean> {
  if (count === 0 || !(yield count - 1)) return null;
  let agrees = -1;
  let differs = count - 1;
  while (differs - agrees > 1) {
    const middle = agrees + Math.floor((differs - agrees) / 2);
    if (yield middle) differs = middle;
    else agrees = middle;
  }
  return differs;
}
