import * as z from 'zod';
import { figureBetween, isObject, moment, object } from './file-terms.ts';
import { listOf } from './schema-terms.ts';

const AMOUNT = 'a number within ±1e30, or one as decimal text, such as "1234.5"';
const RETURN = 'a return from -1 to 1000000 as a number or as decimal text; 0.01 is one per cent';

/** Five minutes for four years, hours for half a century. */
const ROWS_MAX = 500_000;
/** A return every minute. */
const PERIODS_MAX = 527_040;
const RATE_MAX = 10;
/** Squares and quotients of such are numbers still. */
const AMOUNT_MAX = 1e30;
const number = (expected: string, [minimum, maximum] = [-AMOUNT_MAX, AMOUNT_MAX]) =>
  figureBetween(minimum, maximum, expected);

const between = (minimum: number, maximum: number) =>
  number(`a number between ${minimum} and ${maximum}`, [minimum, maximum]);

/** A time without a zone is one of UTC: it moves no figure by more than hours. */
const TIME = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })]);

const rows = <T extends z.ZodType>(member: T, members: string) =>
  listOf(member, { members, min: 0, max: ROWS_MAX });

const flow = () => object({ at: moment(TIME), amount: number(AMOUNT) });

const terms = {
  periodsPerYear: between(1, PERIODS_MAX).default(365),
  riskFree: between(-1, RATE_MAX).default(0),
  minimumAcceptableReturn: between(-1, RATE_MAX).default(0),
};

const SHAPES = {
  valuations: object({
    valuations: rows(object({ at: moment(TIME), value: number(AMOUNT) }), 'valuations'),
    flows: rows(flow(), 'flows').default([]),
    ...terms,
  }).transform((file) => ({ kind: 'valuations' as const, ...file })),
  returns: object({ returns: rows(number(RETURN, [-1, 1e6]), 'returns'), ...terms }).transform((file) => ({
    kind: 'returns' as const,
    ...file,
  })),
  cashFlows: object({ cashFlows: rows(flow(), 'cash flows') }).transform((file) => ({
    kind: 'cashFlows' as const,
    ...file,
  })),
};

export type PerformanceFile = {
  readonly [Kind in keyof typeof SHAPES]: z.output<(typeof SHAPES)[Kind]>;
}[keyof typeof SHAPES];

const KINDS = Object.keys(SHAPES) as readonly (keyof typeof SHAPES)[];
const ONE_OF = `an object with one of ${KINDS.map((kind) => `"${kind}"`).join(', ')}`;

/** What `trueup performance --input` reads: told apart by the one list that it has to hold. */
export const performanceFileSchema = z.unknown().transform((value, context): PerformanceFile => {
  const [kind, ...more] = isObject(value) ? KINDS.filter((each) => each in value) : [];
  if (kind === undefined || more.length > 0) {
    const path = more.slice(0, 1);
    context.issues.push({ code: 'custom', message: ONE_OF, input: value, path });
    return z.NEVER;
  }
  const parsed = SHAPES[kind].safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
});
