import type { Random } from '../platform/random.ts';
import type { Recorder } from './intake.ts';

/** Draws of a source, each recorded, so that a replay can draw the same. */
export function recordedRandom(source: Random, recorder: Recorder): Random {
  return {
    next: () => {
      const value = source.next();
      recorder.random(value);
      return value;
    },
  };
}
