/** What is compared: a number, a word, or that there is no figure. */
export type ReferenceFigure = number | string | null;

/** One assertion: what this program says beside what somebody else has published. */
export interface ReferenceCase {
  /** "project: where it is stated"; a project's name ends at the colon. */
  readonly source: string;
  readonly name: string;
  readonly actual: () => ReferenceFigure;
  readonly expected: ReferenceFigure;
  /** How far a number may be off, absolutely; half a unit of the last published digit, as a rule. */
  readonly tolerance: number;
}

/** Cases whose input or figures stand in a file of recordings that is not part of the repository. */
export interface ReferenceFile {
  /** From the folder of recordings. */
  readonly path: string;
  /** Called only where the file is there. */
  readonly cases: () => readonly ReferenceCase[];
}

export interface ReferenceResult {
  readonly isMet: boolean;
  /** What this program said, or the message of what it threw. */
  readonly actual: ReferenceFigure;
}

export function checkReference({ actual, expected, tolerance }: ReferenceCase): ReferenceResult {
  let said: ReferenceFigure;
  try {
    said = actual();
  } catch (error) {
    return { isMet: false, actual: `threw: ${error instanceof Error ? error.message : String(error)}` };
  }
  const isMet =
    typeof said === 'number' && typeof expected === 'number'
      ? Math.abs(said - expected) <= tolerance
      : said === expected;
  return { isMet, actual: said };
}

/** "empyrical" of "empyrical: test_stats.py". */
export const projectOf = (source: string): string => source.split(':')[0] ?? source;

/** The cases of each source, in the order in which sources first appear. */
export function casesBySource(
  cases: readonly ReferenceCase[],
): readonly (readonly [source: string, cases: readonly ReferenceCase[]])[] {
  const sources = [...new Set(cases.map(({ source }) => source))];
  return sources.map((source) => [source, cases.filter((one) => one.source === source)] as const);
}
