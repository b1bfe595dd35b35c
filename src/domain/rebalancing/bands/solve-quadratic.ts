/** min x'Qx/2 - p'x where each constraint's a'x is its bound or more, the first `equalities` of them exactly. */
export interface QuadraticProgram {
  /** Symmetric and positive definite, by row. */
  readonly quadratic: readonly (readonly number[])[];
  readonly linear: readonly number[];
  readonly constraints: readonly { readonly weights: readonly number[]; readonly bound: number }[];
  readonly equalities: number;
}

export type QuadraticSolution =
  | { readonly state: 'solved'; readonly at: readonly number[] }
  | { readonly state: 'unsolved'; readonly reason: string };

export type QuadraticSolver = (program: QuadraticProgram) => QuadraticSolution;

/**
 * The dual method of Goldfarb and Idnani, by the package `quadprog`, loaded when it is first asked for. The package
 * counts from 1 and changes what it is given: it gets copies. Never throws for a program that has no solution.
 */
export async function loadQuadraticSolver(): Promise<QuadraticSolver> {
  const { solveQP } = await import('quadprog');
  return (program) => {
    const size = program.linear.length;
    const found = solveQP(
      fromOne(program.quadratic.map((row) => fromOne(row.map(withoutTrace)))),
      fromOne(program.linear),
      fromOne(
        Array.from({ length: size }, (_, row) =>
          fromOne(program.constraints.map(({ weights }) => weights[row] ?? 0)),
        ),
      ),
      fromOne(program.constraints.map(({ bound }) => bound)),
      program.equalities,
    );
    if (found.message !== '') return { state: 'unsolved', reason: found.message };
    const at = found.solution.slice(1);
    if (!at.every(Number.isFinite)) return { state: 'unsolved', reason: 'the solver left the numbers' };
    return { state: 'solved', at };
  };
}

/** What has a square that is no number any more makes the package divide by zero. */
const withoutTrace = (value: number): number => (Math.abs(value) < SMALLEST ? 0 : value);
const SMALLEST = 1e-100;

/** A hole at index 0, as Fortran has it. */
function fromOne<T>(values: readonly T[]): T[] {
  const shifted: T[] = [];
  for (const [index, value] of values.entries()) shifted[index + 1] = value;
  return shifted;
}
