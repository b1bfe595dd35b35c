import { PLANNED_METHODS } from '../../domain/lots/lot-method.ts';
import { ONE } from '../../domain/money/amount.ts';
import { isZoneName } from '../../domain/zone-name.ts';
import { fractionText, listOf, name, named, object, oneOf, text, wholeNumber } from '../schema-terms.ts';

const ZONE = 'a zone of the IANA database such as "America/New_York"';
const asset = () => text('the name of an asset');

const rates = object({
  shortTerm: fractionText('0.37').describe('Of a gain on what is held for at most a year, as a fraction.'),
  longTerm: fractionText('0.15').describe('Of a gain on what is held for longer, as a fraction.'),
  usableLoss: fractionText('1')
    .default(ONE)
    .describe('How much of a loss saves tax: 1 where other gains take it all, 0 where none does.'),
});

const washSale = object({
  windowDays: wholeNumber(0, 366)
    .default(30)
    .describe(
      "Days before and after a loss in which a purchase replaces what was sold; the taxpayer's days.",
    ),
  groups: listOf(listOf(asset(), { members: 'assets', min: 1, max: 1_000 }), {
    members: 'groups of assets',
    min: 1,
    max: 1_000,
  }).describe('Assets that replace each other. An asset in none of them has no wash sales.'),
});

/** How lots are chosen and taxed, in a configuration and in a portfolio's file. */
export const taxSchema = object({
  method: oneOf(PLANNED_METHODS).default('fifo').describe('Which lots a sale takes: docs/LOTS.md.'),
  methods: named(name('the name of a venue'), oneOf(PLANNED_METHODS), 'an object of methods by venue')
    .default({})
    .describe('The same for single venues, by their ids.'),
  rates: rates.describe('What gains are taxed at.'),
  longTerm: oneOf(['ownRate', 'taxFree'])
    .default('ownRate')
    .describe('Whether what is held for more than a year has its own rate, or is free of tax.'),
  networkFee: oneOf(['disposal', 'cost'])
    .default('disposal')
    .describe('What a network takes for a transfer is disposed of, or a cost of what arrives.'),
  zone: text(ZONE)
    .refine(isZoneName, { error: ZONE })
    .default('UTC')
    .describe("The taxpayer's zone: days and years are counted there."),
  washSale: washSale
    .optional()
    .describe('Losses that do not count, and that plans therefore leave alone. Without it losses count.'),
  aversion: fractionText('1')
    .default(ONE)
    .describe('How much a dollar of tax counts in plans beside a dollar of cost. 0: plans heed no tax.'),
});
