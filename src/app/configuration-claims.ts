// What must hold between parts of a configuration that are each right by themselves.

import { findTaxTermsProblem, type TaxTerms } from '../domain/lots/tax-terms.ts';
import { type Amount, isPositive, ONE, sum } from '../domain/money/amount.ts';
import type { BandRules } from '../domain/rebalancing/bands/band-rules.ts';
import { type AssetGroups, groupOf } from './asset-groups.ts';
import { type ConfigurationProblem, pathText } from './configuration-problem.ts';
import type { PlanningSettings } from './portfolio/service-settings.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

/** Weights sum to 1 exactly, unless they are scaled to it, and each names what it is a weight of: a group, or an asset that is in none. */
export function targetProblems(
  targets: Readonly<Record<string, Amount>>,
  groups: AssetGroups,
  isNormalized = false,
): readonly ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const names = Object.keys(targets);
  const total = sum(Object.values(targets));
  const isSum = isNormalized ? isPositive(total) : total === ONE;
  if (names.length > 0 && !isSum) {
    problems.push({
      path: 'targets',
      expected: isNormalized ? 'weights that sum to more than 0' : 'weights that sum to 1, cash included',
      found: `a sum of ${total}`,
    });
  }
  for (const name of names) {
    const group = groupOf(groups, name);
    if (group === name) continue;
    const expected = `the group "${group}", which holds "${name}"`;
    problems.push({ path: pathText(['targets', name]), expected, found: `"${name}"` });
  }
  return problems;
}

/** Methods are of venues that there are, and no asset replaces itself twice. */
export function taxProblems(
  tax: TaxTerms | undefined,
  venues: readonly { readonly id: string }[],
): readonly ConfigurationProblem[] {
  if (tax === undefined) return [];
  const problem = findTaxTermsProblem(
    tax,
    venues.map(({ id }) => id),
  );
  return problem === null ? [] : [{ ...problem, path: `tax.${problem.path}` }];
}

/** The trigger of bands needs bands. */
export const bandTriggerProblems = (
  isAsked: boolean,
  { bands }: PlanningSettings,
): readonly ConfigurationProblem[] =>
  isAsked && bands === undefined
    ? [
        {
          path: 'rebalancing.triggers.bands',
          expected: 'false, or rebalancing.bands, or a destination before the target',
          found: 'true without bands',
        },
      ]
    : [];

/** A band is one of a group with a target; where nothing is wanted, none is looked at. */
export function bandProblems(
  bands: BandRules['widths'] | undefined,
  names: ReadonlySet<string>,
): readonly ConfigurationProblem[] {
  if (bands === undefined || typeof bands === 'string' || names.size === 0) return [];
  return Object.keys(bands)
    .filter((group) => !names.has(group))
    .map((group) => ({
      path: pathText(['rebalancing', 'bands', group]),
      expected: `one of ${[...names].join(', ')}, which have a target`,
      found: `"${group}"`,
    }));
}

/** Every id once, and nothing held counted by two venues. */
export function venueProblems(
  venues: readonly (VenueConfiguration | null)[],
): readonly ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const idAt = new Map<string, number>();
  const holdingAt = new Map<string, number>();
  for (const [index, venue] of venues.entries()) {
    if (venue === null) continue;
    const first = idAt.get(venue.id);
    if (first === undefined) idAt.set(venue.id, index);
    else {
      const expected = `an id that no other venue has; venues[${first}] has it`;
      problems.push({ path: pathText(['venues', index, 'id']), expected, found: `"${venue.id}"` });
    }
    for (const holding of holdingsOf(venue)) {
      const other = holdingAt.get(holding) ?? overlapping(holdingAt, holding, index);
      if (other === undefined) holdingAt.set(holding, index);
      else {
        const expected = `holdings that no other venue counts; venues[${other}] counts them`;
        problems.push({ path: pathText(['venues', index, 'scope']), expected, found: 'the same again' });
      }
    }
  }
  return problems;
}

/** The other venue that counts what a holding is a part of, or a part of it. */
function overlapping(
  holdingAt: ReadonlyMap<string, number>,
  holding: string,
  index: number,
): number | undefined {
  for (const [text, at] of holdingAt) {
    const isPart = text.startsWith(`${holding}/`) || holding.startsWith(`${text}/`);
    if (isPart && at !== index) return at;
  }
  return undefined;
}

/** What a venue counts, one text for each account, a part behind a slash; two API keys of one Coinbase account cannot be told apart here. */
function holdingsOf(venue: VenueConfiguration): readonly string[] {
  switch (venue.kind) {
    case 'coinbase':
      return [`coinbase ${venue.baseUrl} ${venue.scope.portfolio ?? venue.credentials.keyName.reveal()}`];
    case 'coinbase-wallet':
      return venue.scope.addresses.map((address) => {
        // Hexadecimal addresses are one in any case of letters.
        const account = address.startsWith('0x') ? address.toLowerCase() : address;
        // "base-mainnet" and "base" are one network, named by two generations of the platform.
        return `${venue.scope.network.replace(/-mainnet$/, '')} ${account}`;
      });
    case 'dydx':
      // A parent is counted with its children, which are the numbers from 128 on that are equal to it modulo 128.
      return venue.scope.subaccountNumbers.map((number) =>
        number < 128
          ? `dydx ${venue.scope.address} ${number}`
          : `dydx ${venue.scope.address} ${number % 128}/${number}`,
      );
    case 'solana':
      return [`solana ${venue.scope.owner}`];
    case 'statement':
      return [`statement ${venue.path}`];
  }
}
