/** Why an input is refused: the place, what was expected there and what was found. */
export interface InputProblem {
  /** Such as "venues[0].markets[2].bid" or "targets.BTC". */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

export const inputProblem = (path: string, expected: string, found: unknown): InputProblem => ({
  path,
  expected,
  found: typeof found === 'string' ? found.slice(0, 140) : String(found),
});

/** One line for people, such as `targets.BTC: expected a weight, found -0.1`. */
export const describeInputProblem = (problem: InputProblem): string =>
  `${problem.path}: expected ${problem.expected}, found ${problem.found}`;
