// The part of a configuration that says what targets come from. Weights are decimal text, in whole millionths.

import * as z from 'zod';
import { DEFAULT_ADAPTIVE_RULES } from '../../domain/targets/derive-adaptive.ts';
import {
  listOf,
  matching,
  name,
  named,
  numberBetween,
  object,
  oneOf,
  text,
  truth,
  weightText,
  wholeNumber,
} from '../schema-terms.ts';
import { aggregationSchema } from './aggregation-schema.ts';

const YEAR_SECONDS = 31_536_000;
const asset = 'the name of an asset or a group';

const bound = {
  minWeight: weightText().optional(),
  maxWeight: weightText().optional(),
};

const strategy = object({
  id: matching(/^(?!CASH$)\S{1,64}$/, 'a name of 1 to 64 characters without spaces, and not "CASH"').describe(
    'Its name, in the token map, the returns of strategies and the audit log.',
  ),
  weight: weightText().describe('Its share of the portfolio.'),
  mix: named(name('a name'), weightText(), 'an object of weights')
    .optional()
    .describe(
      'Share of each asset or group of what the strategy has: at most 1, the rest is its cash. Without it, equal parts of the assets that the token map says it trades.',
    ),
  venues: listOf(text('the id of a venue'), { members: 'venues', min: 1, max: 100 })
    .optional()
    .describe(
      'Where its assets may be traded. Everywhere without. What two strategies want may be traded where either lets it.',
    ),
  minWeight: bound.minWeight.describe('No method and no cap of another takes its weight below this.'),
  maxWeight: bound.maxWeight.describe('No method takes its weight above this.'),
});

export const strategies = listOf(strategy, { members: 'strategies', min: 1, max: 100 });

const assetBound = object({
  minWeight: bound.minWeight.describe('At least this share of the portfolio.'),
  maxWeight: bound.maxWeight.describe('At most this share of the portfolio.'),
});

export const caps = object({
  assets: named(name('a name'), assetBound, 'an object of bounds')
    .default({})
    .describe('Bounds of single assets or groups, CASH included.'),
  others: assetBound.optional().describe('Bounds of every asset that "assets" does not name; not of CASH.'),
  minPosition: weightText()
    .optional()
    .describe('A position is at least so large, as a share of the portfolio, or none at all.'),
  excess: oneOf(['cash', 'refuse'])
    .default('cash')
    .describe('What becomes of weight for which the bounds leave no room: cash, or no targets (refuse).'),
});

const over = () =>
  oneOf(['assets', 'strategies'])
    .default('assets')
    .describe(
      'Whose weights are derived: those of the assets, or those of the strategies with their mixes kept.',
    );

const returns = object({
  file: matching(/\.(?:csv|json)$/i, 'the path of a file that ends in .csv or .json').describe(
    [
      "The file. A relative path starts at this configuration's folder. CSV under a header such as day,BTC,ETH with a",
      'line for each day, oldest first: 2026-01-31,0.012,-0.004; or JSON: {"days": [...], "returns": {"BTC": [...]}}.',
    ].join(' '),
  ),
  maxAgeSeconds: wholeNumber(3_600, YEAR_SECONDS)
    .default(259_200)
    .describe('Returns that ended longer ago, counted from the end of their last day, give no targets.'),
}).describe('Daily returns of everything that is weighed: 0.012 is 1.2 %. At least 30 days.');

const adaptive = DEFAULT_ADAPTIVE_RULES;

const signals = object({
  file: matching(/\.(?:csv|json)$/i, 'the path of a file that ends in .csv or .json').describe(
    [
      "The file. A relative path starts at this configuration's folder. JSON:",
      '[{"source", "asset", "direction", "strength", "confidence", "at", "expiresAt"}], or CSV under these names.',
    ].join(' '),
  ),
});

const signalSource = object({
  source: text('the name of a source').describe('Who says something.'),
  asset: text(asset).describe('Of which asset or group.'),
});

export const method = z.discriminatedUnion(
  'kind',
  [
    object({
      kind: z.literal('threshold').describe('The weights as configured, traded to when they have drifted.'),
    }),
    object({
      kind: z.literal('calendar').describe('The weights as configured, traded to when a time has come.'),
    }),
    object({
      kind: z
        .literal('adaptive')
        .describe(
          'Weights tilted towards what has paid for its risk, within a share of the configured ones.',
        ),
      over: over(),
      returns,
      tilt: numberBetween(0, 10)
        .default(adaptive.tilt)
        .describe('A score one deviation above the mean multiplies a weight by e to this.'),
      tiltShareMax: numberBetween(0, 1)
        .default(adaptive.tiltShareMax)
        .describe('The largest tilt, as a share of the configured weight.'),
      priorObservations: numberBetween(0, 100_000)
        .default(adaptive.priorObservations)
        .describe('Days that count as much as the belief that nothing pays for its risk.'),
      minImprovement: numberBetween(0, 1)
        .default(adaptive.minImprovement)
        .describe('By what share the score of the portfolio must rise before targets change.'),
      legacyCompat: truth()
        .default(false)
        .describe('The score of the earlier design instead, for portfolios that were built on it.'),
    }),
    object({
      kind: z
        .literal('risk_parity')
        .describe(
          'Equal risk contribution of everything with a weight; how large the weights are does not matter.',
        ),
      over: over(),
      returns,
    }),
    object({
      kind: z.literal('signals').describe('The configured weights, moved by what sources say of assets.'),
      sources: listOf(signalSource, { members: 'sources', min: 1, max: 1_000 }).describe(
        'Who is expected to say something of what. A source that is silent or expired moves nothing, and is named.',
      ),
      reach: numberBetween(0, 1)
        .default(0.5)
        .describe('How far full conviction moves a weight, as a share of it: at 1 a short one sells all.'),
      minCash: weightText().optional().describe('Cash that signals leave alone. None without.'),
      aggregation: aggregationSchema()
        .optional()
        .describe('How the sources of one asset become one view; the mean of those in force without.'),
      signals: signals.optional().describe('A file of signals, beside what the bot reports.'),
    }),
  ],
  { error: 'an object with "kind": one of "threshold", "calendar", "adaptive", "risk_parity", "signals"' },
);

export const unassigned = oneOf(['hold', 'sell', 'adopt']);

export const strategyRegistry = matching(/\.json$/i, 'the path of a file that ends in .json');

/** What the keys come to once they are checked. */
export interface WrittenTargeting {
  readonly targets: Readonly<Record<string, string>>;
  readonly strategies?: z.output<typeof strategies> | undefined;
  readonly cash?: string | undefined;
  readonly strategyRegistry?: string | undefined;
  readonly method?: z.output<typeof method> | undefined;
  readonly caps?: z.output<typeof caps> | undefined;
  readonly unassigned: z.output<typeof unassigned>;
}
