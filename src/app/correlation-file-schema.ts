import * as z from 'zod';
import { RISK_LEVELS } from '../domain/correlation/correlation-risk.ts';
import { NAMES_MAX } from '../domain/correlation/find-input-problem.ts';
import { LINKAGES } from '../domain/correlation/link-clusters.ts';
import { byName, either, figureBetween, isObject, object } from './file-terms.ts';
import { listOf, numberBetween, oneOf, text, truth, wholeNumber } from './schema-terms.ts';

const VALUES_MAX = 200_000;
const number = (expected = 'a number') => figureBetween(-Number.MAX_VALUE, Number.MAX_VALUE, expected);

const figures = (members: string) => listOf(number(), { members, min: 1, max: NAMES_MAX });

/** In the order of names, or by name. */
const figuresOfNames = (members: string) =>
  either(isObject, byName(number(), `an object of ${members} by name`), figures(members)).optional();

const options = {
  linkage: oneOf(LINKAGES).optional(),
  cutCorrelation: numberBetween(-1, 1, 'a correlation').optional(),
  weights: figuresOfNames('weights'),
  previousLevel: oneOf(RISK_LEVELS).optional(),
  legacyCompat: truth().optional(),
};

const NONE = z.null();
const value = either((found) => found === null, NONE, number('a number, or null where there is none'));

const seriesFile = object({
  series: byName(
    listOf(value, { members: 'values', min: 1, max: VALUES_MAX }),
    'an object of lists of values by name',
  ),
  kind: oneOf(['returns', 'prices']).optional(),
  shrinkage: oneOf(['ledoitWolf']).optional(),
  ...options,
});

const matrixFile = object({
  correlation: listOf(figures('correlations'), { members: 'rows', min: 1, max: NAMES_MAX }),
  names: listOf(text('a name'), { members: 'names', min: 1, max: NAMES_MAX }).optional(),
  volatilities: figuresOfNames('volatilities'),
  observations: wholeNumber(1, 1_000_000_000).optional(),
  ...options,
});

/** What `trueup correlation --input` reads: series, or a matrix that is known already. */
export const correlationFileSchema = either(
  (file) => isObject(file) && 'series' in file,
  seriesFile,
  matrixFile,
);

export type CorrelationFile = z.output<typeof correlationFileSchema>;
