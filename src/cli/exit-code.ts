/** What a command's end means to a script. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Wrong usage or a wrong configuration. */
  refused: 2,
  /** Something is unknown, so there is no answer. */
  inconclusive: 3,
  /** The book and a venue differ. */
  discrepant: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_EXPLAINED =
  'Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 inconclusive, 4 discrepancies found';
