import {
  type CorrectionState,
  readCorrectionsOf,
  type StoredCorrection,
} from '../../db/correction-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import type { Subject } from '../app/find-subject.ts';
import { shortIdsOf } from '../app/short-ids.ts';
import { correctionTransaction } from '../domain/book/correction-transaction.ts';
import type { Posting } from '../domain/book/transaction.ts';
import { negate } from '../domain/money/amount.ts';
import type { Correction } from '../domain/reconciliation/correction.ts';
import type { Discrepancy } from '../domain/reconciliation/discrepancy.ts';
import { CommandFailure } from './command-failure.ts';
import { isAcceptable } from './next-commands.ts';
import { subjectLine, subjectWithId } from './subject-argument.ts';

export type DecisionName = 'approve' | 'reject' | 'reverse' | 'accept';

/** What a decision is on, and what it comes to. */
export interface DecisionTarget {
  readonly id: string;
  readonly shortId: string;
  readonly venue: string;
  /** For a person, before they say yes. */
  readonly sentences: readonly string[];
  /** Empty where nothing is posted. */
  readonly postings: readonly Posting[];
}

type OnCorrection = Exclude<DecisionName, 'accept'>;

/** The state that a correction has to be in. */
const FITTING: Readonly<Record<OnCorrection, CorrectionState>> = {
  approve: 'proposed',
  reject: 'proposed',
  reverse: 'applied',
};

/** Finds what an id means for a decision. Ends the command, saying what there is, where it means nothing. */
export async function decisionTarget(
  db: OpenDatabase['db'],
  decision: DecisionName,
  id: string,
): Promise<DecisionTarget> {
  const subject = await subjectWithId(db, '<id>', id);
  if (decision === 'accept') return acceptance(db, subject);
  const stored = await fittingCorrection(db, decision, subject);
  const short = await shortIdsOf(db, [stored.id]);
  return onCorrection(decision, stored.body as Correction, short.get(stored.id) ?? stored.id);
}

function onCorrection(decision: OnCorrection, correction: Correction, shortId: string): DecisionTarget {
  const { id, venue, descriptions, parts, hasHypothesis } = correction;
  const target = { id, shortId, venue };
  if (decision === 'reject') {
    const consequence = 'Nothing is posted: the difference stays open, and so do the gates that it closes.';
    return { ...target, sentences: [...descriptions, consequence], postings: [] };
  }
  const postings = parts.flatMap((part) => correctionTransaction(part).postings);
  if (decision === 'reverse') {
    const undone = postings.map((posting) => ({ ...posting, amount: negate(posting.amount) }));
    return {
      ...target,
      sentences: ['The opposite of what was posted for:', ...descriptions],
      postings: undone,
    };
  }
  const doubt = hasHypothesis ? ['Only the figures speak for it, no record does.'] : [];
  return { ...target, sentences: [...descriptions, ...doubt], postings };
}

async function fittingCorrection(
  db: OpenDatabase['db'],
  decision: OnCorrection,
  { kind, shortId, stored }: Subject,
): Promise<StoredCorrection> {
  const wanted = FITTING[decision];
  const corrections = kind === 'correction' ? [stored] : await readCorrectionsOf(db, stored.id);
  const [only, ...others] = corrections.filter(({ state }) => state === wanted);
  if (only !== undefined && others.length === 0) return only;
  if (kind === 'correction')
    throw new CommandFailure(
      'failed',
      `expected a correction that is ${wanted}, ${shortId} is ${stored.state}`,
    );
  const short = await shortIdsOf(
    db,
    corrections.map(({ id }) => id),
  );
  const lines = corrections.map(({ id, state }) => `  ${short.get(id) ?? id}  correction  ${state}`);
  const found = `discrepancy ${shortId}, which is ${stored.state}, has ${lines.length === 0 ? 'none' : 'these:'}`;
  throw new CommandFailure(
    'failed',
    [`expected one correction that is ${wanted}: ${found}`, ...lines].join('\n'),
  );
}

async function acceptance(db: OpenDatabase['db'], subject: Subject): Promise<DecisionTarget> {
  const { kind, shortId, stored } = subject;
  if (kind === 'correction') {
    const { discrepancyIds } = stored.body as Correction;
    const short = await shortIdsOf(db, discrepancyIds);
    const settles = discrepancyIds.map((id) => short.get(id) ?? id).join(', ');
    const found = `the correction ${shortId}, which is for ${settles}`;
    throw new CommandFailure('usage', `<id>: expected a discrepancy, found ${found}`);
  }
  if (!isAcceptable(stored.state))
    throw new CommandFailure(
      'failed',
      `expected a discrepancy that two reads have confirmed and that is open, found ${subjectLine(subject)}`,
    );
  const discrepancy = stored.body as Discrepancy;
  const { id, venue } = discrepancy;
  return { id, shortId, venue, sentences: sentencesOn(discrepancy), postings: postingsOf(discrepancy) };
}

function sentencesOn({ asset, bucket, subject, bookAmount, venueAmount }: Discrepancy): readonly string[] {
  switch (bucket) {
    case 'order':
      return [`The book ends the order ${subject}, which the venue has not got any more.`];
    case 'entryPrice':
      return [
        `The book takes over ${venueAmount} as what ${asset} was entered at, instead of ${bookAmount}.`,
      ];
    default:
      return [
        `The book follows the venue, cause unexplained: ${venueAmount} ${asset}, instead of ${bookAmount}.`,
      ];
  }
}

/** What is accepted comes from the account `unexplained`; a hold only moves within the venue. */
function postingsOf({ venue, asset, bucket, delta }: Discrepancy): readonly Posting[] {
  if (bucket === 'total')
    return [
      { venue, bucket: 'available', asset, amount: delta },
      { external: 'unexplained', asset, amount: negate(delta) },
    ];
  if (bucket !== 'hold') return [];
  return [
    { venue, bucket: 'hold', asset, amount: delta },
    { venue, bucket: 'available', asset, amount: negate(delta) },
  ];
}
