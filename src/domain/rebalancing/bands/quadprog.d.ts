// What is used of the package, which has no types of its own.
declare module 'quadprog' {
  interface Solution {
    /** From index 1. */
    readonly solution: readonly number[];
    readonly value: readonly number[];
    /** Empty where it was solved. */
    readonly message: string;
  }
  /** Counts from 1 in every array, and changes `quadratic` and `linear`. */
  export function solveQP(
    quadratic: number[][],
    linear: number[],
    constraints: number[][],
    bounds: number[],
    equalities?: number,
  ): Solution;
}
