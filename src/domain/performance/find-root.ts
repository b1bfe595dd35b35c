/** One search of Brent's takes some ten steps; this many only where a function is none. */
const STEPS_MAX = 200;

/**
 * A root of a function between two places where its signs differ, to `tolerance`: inverse quadratic interpolation with the
 * secant and bisection to fall back on (Brent, "Algorithms for Minimization without Derivatives", 1973, chapter 4).
 */
export function findRoot(
  valueAt: (place: number) => number,
  bracket: readonly [number, number],
  tolerance: number,
): number {
  let [far, best] = bracket;
  let farValue = valueAt(far);
  let bestValue = valueAt(best);
  let previous = far;
  let previousValue = farValue;
  let step = best - far;
  let stepBefore = step;
  for (let count = 0; count < STEPS_MAX && bestValue !== 0; count += 1) {
    if (bestValue > 0 === farValue > 0) {
      far = previous;
      farValue = previousValue;
      step = best - previous;
      stepBefore = step;
    }
    if (Math.abs(farValue) < Math.abs(bestValue)) {
      [previous, best, far] = [best, far, best];
      [previousValue, bestValue, farValue] = [bestValue, farValue, bestValue];
    }
    const precision = 2 * Number.EPSILON * Math.abs(best) + tolerance / 2;
    const half = (far - best) / 2;
    if (Math.abs(half) <= precision) break;
    if (Math.abs(stepBefore) < precision || Math.abs(previousValue) <= Math.abs(bestValue)) {
      step = half;
      stepBefore = half;
    } else {
      const wanted = interpolatedStep({ best, previous, far, bestValue, previousValue, farValue });
      const isTrusted =
        wanted * half > 0 &&
        2 * Math.abs(wanted) < Math.min(3 * Math.abs(half) - precision, Math.abs(stepBefore));
      stepBefore = isTrusted ? step : half;
      step = isTrusted ? wanted : half;
    }
    previous = best;
    previousValue = bestValue;
    best += Math.abs(step) > precision ? step : precision * Math.sign(half);
    bestValue = valueAt(best);
  }
  return best;
}

interface Places {
  readonly best: number;
  readonly previous: number;
  readonly far: number;
  readonly bestValue: number;
  readonly previousValue: number;
  readonly farValue: number;
}

/** The step from `best` to where a curve through the places is zero; not finite where there is none. */
function interpolatedStep({ best, previous, far, bestValue, previousValue, farValue }: Places): number {
  const s = bestValue / previousValue;
  // Two places coincide: the secant.
  if (previous === far) return ((far - best) * s) / (s - 1);
  const q = previousValue / farValue;
  const r = bestValue / farValue;
  const numerator = s * ((far - best) * q * (q - r) - (best - previous) * (r - 1));
  return -numerator / ((q - 1) * (r - 1) * (s - 1));
}
