// What a file of signals and the flags beside it may say.

import * as z from 'zod';
import { AGGREGATION_METHODS } from '../domain/signals/aggregation-rules.ts';
import { byName, object, ROWS_MAX, time } from './file-terms.ts';
import { numberBetween, oneOf, weightText, wholeNumber } from './schema-terms.ts';
import { aggregationSchema } from './targeting/aggregation-schema.ts';
import { signalsUpTo } from './targeting/read-signals.ts';

export const signalsFileSchema = object({
  asOf: time().optional(),
  signals: signalsUpTo(ROWS_MAX),
  aggregation: aggregationSchema(object).prefault({}),
  targets: byName(z.string({ error: 'a weight as text, such as "0.25"' }), 'an object of weights').optional(),
  reach: numberBetween(0, 1).default(0.5),
  minCash: weightText().optional(),
});

export type SignalsFile = z.output<typeof signalsFileSchema>;

/** Each stands above what the file says under the same name. */
export const signalFlagsSchema = object({
  asOf: time().optional(),
  method: oneOf(AGGREGATION_METHODS).optional(),
  halfLifeSeconds: numberBetween(1, 315_360_000).optional(),
  minSources: wholeNumber(1, 1_000).optional(),
  maxConflict: numberBetween(0, 1).optional(),
  maxSourceWeight: weightText().optional(),
  reach: numberBetween(0, 1).optional(),
  minCash: weightText().optional(),
});

export type SignalFlags = z.output<typeof signalFlagsSchema>;
