import * as z from 'zod';
import { type HeldSince, knownBasis, LOT_SOURCES, type Lot, UNKNOWN_BASIS } from '../../domain/lots/lot.ts';
import { type Amount, isMore, sum } from '../../domain/money/amount.ts';
import type { PlanTaxInput } from '../../domain/rebalancing/plan-input.ts';
import { object } from '../file-terms.ts';
import { moment, money } from '../lots-file-schema.ts';
import { listOf, oneOf, positiveText, text } from '../schema-terms.ts';
import { taxSchema } from './tax-schema.ts';

/** Lots of one venue, and losses of one portfolio, in a file. */
const LOTS_MAX = 10_000;

/** A lot that a portfolio's file tells of. */
export const planLotsSchema = listOf(
  object({
    lot: text('an id that no other lot of the venue has'),
    asset: text('the name of an asset'),
    quantity: positiveText('0.5'),
    basis: money(),
    acquiredAt: moment(),
    heldSince: z.union([z.literal('unknown'), moment()]).optional(),
    source: oneOf(LOT_SOURCES).default('purchase'),
  }),
  { members: 'lots', min: 0, max: LOTS_MAX },
);

/** `tax` of a portfolio's file: as in a configuration, with the losses that purchases could still replace. */
export const planTaxSchema = taxSchema.extend({
  recentLosses: listOf(object({ asset: text('the name of an asset'), at: moment() }), {
    members: 'sales at a loss',
    min: 0,
    max: LOTS_MAX,
  }).default([]),
});

interface ToldVenue {
  readonly id: string;
  readonly holdings: Readonly<Record<string, Amount>>;
  readonly lots?: z.output<typeof planLotsSchema> | undefined;
}

/** What is wrong between lots and the rest of a portfolio, with its place below the file; or null. */
export function findPlanLotsProblem(
  venues: readonly ToldVenue[],
  tax: z.output<typeof planTaxSchema> | undefined,
): { readonly path: string; readonly expected: string; readonly found: string } | null {
  for (const [index, { holdings, lots = [] }] of venues.entries()) {
    const path = `venues[${index}].lots`;
    if (lots.length > 0 && tax === undefined)
      return { path, expected: 'none without "tax"', found: `${lots.length} lots` };
    if (lots.length === 0) continue;
    for (const [asset, held] of Object.entries(holdings)) {
      const total = sum(lots.filter((lot) => lot.asset === asset).map(({ quantity }) => quantity));
      if (isMore(total, held))
        return { path, expected: `lots of ${asset} that add up to at most ${held}`, found: total };
    }
    const other = lots.findIndex(({ asset }) => !Object.hasOwn(holdings, asset));
    if (other >= 0)
      return {
        path: `${path}[${other}].asset`,
        expected: 'an asset that the venue holds',
        found: lots[other]?.asset ?? '',
      };
  }
  return null;
}

/** The tax of a plan's input as a file tells it; its sells are taken to be then. */
export function planTaxOfFile(
  { recentLosses, ...terms }: z.output<typeof planTaxSchema>,
  venues: readonly ToldVenue[],
  atMs: number,
): PlanTaxInput {
  return {
    ...terms,
    atMs,
    lots: venues.flatMap(({ id, lots = [] }) => lots.map((lot) => lotOf(id, lot))),
    recentLosses: recentLosses.map(({ asset, at }) => ({ asset, atMs: at, isCertain: true })),
  };
}

function lotOf(account: string, told: z.output<typeof planLotsSchema>[number]): Lot {
  const { lot: id, asset, quantity, basis, acquiredAt, source } = told;
  const since = told.heldSince ?? (basis.state === 'known' ? acquiredAt : 'unknown');
  const heldSince: HeldSince = since === 'unknown' ? { state: 'unknown' } : { state: 'known', atMs: since };
  return {
    id,
    origin: id,
    account,
    asset,
    quantity,
    basis: basis.state === 'known' ? knownBasis(basis.amount, quantity) : UNKNOWN_BASIS,
    acquiredAtMs: acquiredAt,
    heldSince,
    source,
    isReplacement: false,
  };
}
