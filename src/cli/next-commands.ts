import type { ExplainedCorrection } from '../app/explained-correction.ts';
import type { ExplainedDiscrepancy, ExplanationDocument } from '../app/read-explanation.ts';

/** What a person may type next, and what it does. */
export interface NextCommand {
  readonly command: string;
  readonly effect: string;
}

const ACCEPTABLE: readonly string[] = ['confirmed', 'explained', 'unexplained', 'proposed', 'rejected'];

/** Whether a difference in this state can be accepted as it is. */
export const isAcceptable = (state: string): boolean => ACCEPTABLE.includes(state);

/** The commands that lead on from where a discrepancy stands, the likeliest first; none where all is decided. */
export function nextCommands(
  { atMs, venue, discrepancies, corrections, blastRadius }: ExplanationDocument,
  config: string,
): readonly NextCommand[] {
  const at = `--config ${quoted(config)}`;
  const reconcile = (effect: string): NextCommand => ({
    command: `trueup reconcile ${at} --venue ${quoted(venue)}`,
    effect,
  });
  if (blastRadius.mode === 'unopened')
    return [
      {
        command: `trueup open ${at} --venue ${quoted(venue)}`,
        effect: 'takes what the venue holds into the book',
      },
    ];
  // What a proposal is for may have ended in another way.
  const isDue = discrepancies.every(({ state }) => state === 'proposed');
  const proposals = corrections.filter(({ state }) => isDue && state === 'proposed');
  const ofProposals = proposals.flatMap((proposal) =>
    isExpired(proposal, atMs)
      ? [reconcile('proposes anew: the proposal cannot be approved any more')]
      : decisionsOn(proposal, at),
  );
  const ofDiscrepancies = discrepancies.flatMap((discrepancy) =>
    commandsFor(discrepancy, proposals.length > 0, { at, reconcile }),
  );
  const ofApplied = corrections
    .filter(({ state }) => state === 'applied')
    .map(({ shortId }) => ({
      command: `trueup reverse ${shortId} ${at}`,
      effect: 'undoes what the correction posted',
    }));
  return [...ofProposals, ...ofDiscrepancies, ...ofApplied];
}

const isExpired = ({ expiresAtMs }: ExplainedCorrection, atMs: number): boolean =>
  expiresAtMs !== null && expiresAtMs <= atMs;

const decisionsOn = ({ shortId, postings }: ExplainedCorrection, at: string): readonly NextCommand[] => [
  { command: `trueup approve ${shortId} ${at}`, effect: `posts the ${postings.length} postings` },
  { command: `trueup reject ${shortId} ${at}`, effect: 'drops the proposal; the difference stays open' },
];

function commandsFor(
  { shortId, state, explanation }: ExplainedDiscrepancy,
  isProposed: boolean,
  { at, reconcile }: { readonly at: string; readonly reconcile: (effect: string) => NextCommand },
): readonly NextCommand[] {
  if (state === 'suspected') return [reconcile('reads the venue again: one read has shown it so far')];
  if (!isAcceptable(state)) return [];
  const accept = {
    command: `trueup accept ${shortId} ${at}`,
    effect: 'makes the book follow the venue, cause unexplained',
  };
  // What a person has rejected waits for a person: no round looks for another explanation of the same delta.
  if (state === 'rejected') return [accept];
  if (!isProposed) return [reconcile('looks for an explanation again'), accept];
  return explanation === 'unique' ? [] : [accept];
}

/** As a shell takes it for one word. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
