import { describe, expect, it } from '@jest/globals';
import type { ExplainedCorrection } from '../../src/app/explained-correction.ts';
import type { ExplainedDiscrepancy, ExplanationDocument } from '../../src/app/read-explanation.ts';
import { nextCommands } from '../../src/cli/next-commands.ts';
import { NOW_MS } from '../support/book-harness.ts';

const discrepancy = (state: string, explanation: string | null = null) =>
  ({ shortId: 'dddddddd', state, explanation }) as unknown as ExplainedDiscrepancy;

const correction = (state: string, expiresAtMs: number | null = null) =>
  ({ shortId: 'cccccccc', state, expiresAtMs, postings: [{}, {}] }) as unknown as ExplainedCorrection;

function commandsFor(
  discrepancies: readonly ExplainedDiscrepancy[],
  corrections: readonly ExplainedCorrection[] = [],
  { mode = 'active', venue = 'cb', config = 'trueup.json' } = {},
): readonly string[] {
  const document = { atMs: NOW_MS, venue, discrepancies, corrections, blastRadius: { mode } };
  return nextCommands(document as unknown as ExplanationDocument, config).map(({ command }) => command);
}

const APPROVE = 'trueup approve cccccccc --config trueup.json';
const REJECT = 'trueup reject cccccccc --config trueup.json';
const REVERSE = 'trueup reverse cccccccc --config trueup.json';
const ACCEPT = 'trueup accept dddddddd --config trueup.json';
const RECONCILE = 'trueup reconcile --config trueup.json --venue cb';

describe('the commands that lead on', () => {
  it.each([
    ['from a suspicion', discrepancy('suspected'), [], [RECONCILE]],
    ['from what two reads have confirmed', discrepancy('confirmed'), [], [RECONCILE, ACCEPT]],
    ['from what has no explanation', discrepancy('unexplained', 'none'), [], [RECONCILE, ACCEPT]],
    ['from a proposal', discrepancy('proposed', 'unique'), [correction('proposed')], [APPROVE, REJECT]],
    [
      'from a proposal that is one of several',
      discrepancy('proposed', 'ambiguous'),
      [correction('proposed', NOW_MS + 1)],
      [APPROVE, REJECT, ACCEPT],
    ],
    [
      'from a proposal whose time has ended',
      discrepancy('proposed', 'unique'),
      [correction('proposed', NOW_MS)],
      [RECONCILE],
    ],
    [
      'from a proposal that was rejected',
      discrepancy('rejected', 'unique'),
      [correction('rejected')],
      [ACCEPT],
    ],
    ['from a proposal for what has ended', discrepancy('closed', 'unique'), [correction('proposed')], []],
    ['from what was posted', discrepancy('corrected', 'unique'), [correction('applied')], [REVERSE]],
    ['from what was accepted', discrepancy('accepted'), [correction('applied')], [REVERSE]],
    ['from what went away by itself', discrepancy('closed'), [], []],
  ] as const)('%s', (_name, from, corrections, expected) => {
    expect(commandsFor([from], corrections)).toEqual(expected);
  });

  it('begin with the opening of a venue that is not open', () => {
    expect(commandsFor([discrepancy('suspected')], [], { mode: 'unopened' })).toEqual([
      'trueup open --config trueup.json --venue cb',
    ]);
  });

  it('can be pasted into a shell', () => {
    const names = { config: "my bot's/trueup.json", venue: 'cb; rm' };
    expect(commandsFor([discrepancy('suspected')], [], names)).toEqual([
      `trueup reconcile --config 'my bot'\\''s/trueup.json' --venue 'cb; rm'`,
    ]);
  });
});
