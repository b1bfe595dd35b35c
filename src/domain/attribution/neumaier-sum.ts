/**
 * The sum of numbers with the rounding of each step carried along (Neumaier 1974, an improved Kahan–Babuška sum): as
 * exact as a sum in twice the precision that is rounded once. Of finite numbers; zero of none.
 */
export function neumaierSum(values: Iterable<number>): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}
