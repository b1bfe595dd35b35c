import type { Watermark } from '../../domain/venue/observation.ts';
import { readFailed } from './indexer-session.ts';

/** Remembers how far the indexer has come, so that a replica behind it is noticed. */
export interface HeightMark {
  /** Throws `ReadFailed` where a height is below an earlier one. */
  advance(before: Watermark, after: Watermark): void;
}

export function createHeightMark(): HeightMark {
  let highest = 0;
  return {
    advance(before, after) {
      const start = before.height ?? 0;
      const end = after.height ?? 0;
      if (start < highest)
        throw readFailed('stale', `the indexer stood at ${highest} before, now at ${start}`);
      if (end < start)
        throw readFailed('incoherent', `the indexer went back from ${start} to ${end} while reading`);
      highest = end;
    },
  };
}
