// What a file of signals and the flags beside it may say.

import * as z from 'zod';
import { AGGREGATION_METHODS } from '../domain/signals/aggregation-rules.ts';
import { byName, moment, object, orNumber, ROWS_MAX } from './file-terms.ts';
import { numberBetween, oneOf, weightText, wholeNumber } from './schema-terms.ts';
import { aggregationSchema } from './targeting/aggregation-schema.ts';
import { signalsUpTo } from './targeting/read-signals.ts';

export const signalsFileSchema = object({
  asOf: moment().optional(),
  signals: signalsUpTo(ROWS_MAX),
  aggregation: aggregationSchema(object).prefault({}),
  targets: byName(
    orNumber(z.string({ error: 'a weight, such as "0.25"' })),
    'an object of weights',
  ).optional(),
  reach: numberBetween(0, 1).default(0.5),
  minCash: orNumber(weightText()).optional(),
});

export type SignalsFile = z.output<typeof signalsFileSchema>;

/** Each stands above what the file says under the same name. */
export const signalFlagsSchema = object({
  asOf: moment().optional(),
  method: oneOf(AGGREGATION_METHODS).optional(),
  halfLifeSeconds: numberBetween(1, 315_360_000).optional(),
  minSources: wholeNumber(1, 1_000).optional(),
  maxConflict: numberBetween(0, 1).optional(),
  maxSourceWeight: weightText().optional(),
  reach: numberBetween(0, 1).optional(),
  minCash: weightText().optional(),
});

export type SignalFlags = z.output<typeof signalFlagsSchema>;
