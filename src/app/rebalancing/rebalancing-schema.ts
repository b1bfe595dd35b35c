import { amount } from '../../domain/money/amount.ts';
import { DEFAULT_CASH_FLOW } from '../../domain/rebalancing/triggers/default-triggers.ts';
import { isZoneName } from '../../domain/zone-name.ts';
import { bandsTerm, bandTerms, destinationTerm } from '../destination-schema.ts';
import { EXECUTION_DEFAULTS } from '../portfolio/service-settings.ts';
import {
  amountText,
  fractionText,
  matching,
  object,
  oneOf,
  positiveText,
  seconds,
  text,
  truth,
  wholeNumber,
} from '../schema-terms.ts';

const ZONE = 'a zone of the IANA database such as "Europe/Berlin"';

const calendar = object({
  every: oneOf(['day', 'week', 'month', 'quarter']).describe('How often.'),
  day: wholeNumber(1, 31)
    .optional()
    .describe(
      'Of a month, or of the first month of a quarter; its last day where it is shorter. The first without it.',
    ),
  weekday: wholeNumber(1, 7).optional().describe('Of a week: 1 is Monday, 7 is Sunday. Monday without it.'),
  at: matching(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as "09:00"')
    .default('09:00')
    .describe('The time of day.'),
  zone: text(ZONE)
    .refine(isZoneName, { error: ZONE })
    .default('UTC')
    .describe('Where it is that time: a zone of the IANA database.'),
  catchUp: truth()
    .default(true)
    .describe('Whether a time that passed while nothing ran counts once at the start.'),
  minDrift: positiveText('0.03')
    .optional()
    .describe('Total drift that must have come with the time. Without it the time is enough.'),
}).superRefine(({ every, day, weekday }, context) => {
  // Heeded by nobody, it would be taken for what it says.
  if (day !== undefined && every !== 'month' && every !== 'quarter')
    context.addIssue({
      code: 'custom',
      path: ['day'],
      message: `no day of the month, as it is every ${every}`,
    });
  if (weekday !== undefined && every !== 'week')
    context.addIssue({ code: 'custom', path: ['weekday'], message: `no weekday, as it is every ${every}` });
});

const F = DEFAULT_CASH_FLOW;

const cashFlow = object({
  minFlowUsd: amountText('50')
    .default(F.minFlowUsd)
    .describe('A flow counts from the larger of this, in USD, and minFlowShare on.'),
  minFlowShare: fractionText('0.005')
    .default(F.minFlowShare)
    .describe('The same as a fraction of the portfolio.'),
  below: positiveText('0.02')
    .default(F.below)
    .describe('How far cash may be below its target, as a fraction of the portfolio.'),
  above: positiveText('0.02')
    .default(F.above)
    .describe('How far cash may be above its target, as a fraction of the portfolio.'),
});

/** Each kind once. What is named is checked; a service without any plans only on request. */
const triggers = object({
  hybrid: truth()
    .default(false)
    .describe(
      'A group is five points of the portfolio, or a quarter of its target, away: whichever is less.',
    ),
  absolute: positiveText('0.05')
    .optional()
    .describe('A group is so far from its target, as a fraction of the portfolio.'),
  relative: positiveText('0.25')
    .optional()
    .describe('A group is so far from its target, as a fraction of the target.'),
  total: positiveText('0.05')
    .optional()
    .describe('So much of the portfolio would have to change hands, as a fraction.'),
  bands: truth().default(false).describe('A group is outside its band, as rebalancing.bands has it.'),
  trackingError: positiveText('0.02')
    .optional()
    .describe(
      'What the deviations from the targets earn or lose has such a volatility a year, as a fraction. Needs returnsFile.',
    ),
  cashFlow: cashFlow
    .optional()
    .describe(
      'Money came or went since the last plan, or cash is far from its target. Answered by buys alone, or by sells alone.',
    ),
  risk: truth()
    .default(false)
    .describe(
      'A limit is broken that trading can mend. Answered by orders that reduce, without a minimum interval.',
    ),
  calendar: calendar.optional().describe('A time has come.'),
});

const autoApprove = object({
  maxUsd: positiveText('1000')
    .default(amount('1000'))
    .describe('Largest value of all orders of one plan, buys and sells together, in USD.'),
  maxNavFraction: fractionText('0.1')
    .default(amount('0.1'))
    .describe('The same as a fraction of the whole portfolio; the smaller of both counts.'),
  maxUsdPerDay: positiveText('2000')
    .default(amount('2000'))
    .describe('Value of all orders of such plans within 24 hours, in USD.'),
});

/** When the service plans by itself, how far it trades, and how a plan is carried out. */
export const rebalancing = object({
  destination: destinationTerm()
    .default('target')
    .describe(
      'How far a group that is traded is brought: "target", "edge" of its band, "optimal", or {"fraction": "0.5"} of the half width. Other than the target goes with bands.',
    ),
  bands: bandsTerm()
    .optional()
    .describe(
      'How far a group may be from its target without being traded: "optimal", "hybrid" (five points or a quarter of the target), or half widths by group as fractions of the portfolio.',
    ),
  bandTerms: bandTerms
    .prefault({})
    .describe('What the optimal bands follow from, beside the costs of trading.'),
  returnsFile: matching(/\.(?:csv|json)$/i, 'the path of a file that ends in .csv or .json')
    .optional()
    .describe(
      "Daily returns by group, as method.returns.file has them: for the tracking error, for clusters (maxClusterPct), and for how far a weight moves between two checks. At least 30 days. A relative path starts at this configuration's folder. Looked at twice a minute.",
    ),
  returnsMaxAgeSeconds: wholeNumber(3_600, 31_536_000)
    .default(2_592_000)
    .describe(
      'Returns that ended longer ago, counted from the end of their last day, are not used, and what needs them is unknown. Thirty days, as how assets move together changes slowly.',
    ),
  triggers: triggers
    .prefault({})
    .describe('What makes the service plan by itself. Without any it plans only on request.'),
  combine: oneOf(['any', 'all'])
    .default('any')
    .describe('Whether one trigger is enough (any), or each must have fired (all).'),
  checkIntervalSeconds: seconds(1, 86_400).default(300).describe('Time between two checks of the triggers.'),
  confirmations: wholeNumber(1, 10)
    .default(2)
    .describe('Checks in a row at which a trigger must fire; a time of the calendar needs one.'),
  confirmationSpacingSeconds: seconds(0, 86_400)
    .default(60)
    .describe('Checks closer together than this count as one.'),
  minIntervalSeconds: seconds(0, 31_536_000)
    .default(86_400)
    .describe('Shortest time from one rebalance to the next that a trigger asks for.'),
  approval: oneOf(['ask', 'auto'])
    .default('ask')
    .describe(
      'Whether a plan that a trigger led to waits for a person (ask), or is carried out within autoApprove (auto).',
    ),
  autoApprove: autoApprove
    .prefault({})
    .describe('Limits of plans that are carried out without a person; beyond them a plan waits for one.'),
  release: oneOf(['streaming', 'barrier'])
    .default(EXECUTION_DEFAULTS.release)
    .describe(
      'When a buy may go: as soon as confirmed cash covers it while sells at its venue are under way (streaming), or once they are settled (barrier).',
    ),
  priceMoveMaxBps: positiveText('50')
    .default(EXECUTION_DEFAULTS.priceMoveMaxBps)
    .describe(
      'A price that has moved further since it was planned with makes a plan outdated, in basis points.',
    ),
  replansMax: wholeNumber(0, 10)
    .default(EXECUTION_DEFAULTS.replansMax)
    .describe('How often one request is planned again, where the world has moved or a plan came short.'),
});
