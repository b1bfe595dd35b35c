import type { ExplainedCorrection } from '../app/explained-correction.ts';
import type { BlastRadius } from '../app/read-blast-radius.ts';
import type { ExplainedDiscrepancy, ExplanationDocument } from '../app/read-explanation.ts';
import type { NextCommand } from './next-commands.ts';
import type { Output } from './output.ts';
import { postingLines } from './print-postings.ts';
import { printable, tableLines } from './table.ts';

/** A difference that comes and goes has many; the last say where it stands. */
const STEPS_SHOWN = 12;

/** An explanation on one screen: what, since when, why, what would be posted, what it holds up, what to type. */
export function printExplanation(
  document: ExplanationDocument,
  next: readonly NextCommand[],
  output: Output,
): void {
  for (const discrepancy of document.discrepancies) printDiscrepancy(discrepancy, output);
  for (const correction of document.corrections) printCorrection(correction, output);
  printSnapshot(document.snapshot, output);
  printBlastRadius(document.blastRadius, output);
  if (document.notes.length > 0) output.line(output.style.bold('notes'));
  for (const { atMs, by, text } of document.notes) say(output, `${timeText(atMs)}  ${by}  ${text}`);
  output.line(output.style.bold('next'));
  if (next.length === 0) say(output, 'nothing is left to decide');
  const rows = next.map(({ command, effect }) => [command, effect]);
  for (const line of tableLines([{ title: 'Command' }, { title: 'Effect' }], rows).slice(1))
    say(output, line);
}

function printDiscrepancy(discrepancy: ExplainedDiscrepancy, output: Output): void {
  const { style } = output;
  const { shortId, venue, asset, bucket, subject, severity, state, delta, valueUsd } = discrepancy;
  const what = bucket === 'total' ? asset : `${asset} ${bucket}${subject === asset ? '' : ` ${subject}`}`;
  const heading = printable(`${venue} ${what}  ${discrepancy.class}`);
  output.line(`${style.bold(`discrepancy ${shortId}`)}  ${heading}  ${severity}  ${style.warning(state)}`);
  const value = valueUsd === null ? 'without a price' : `worth ${valueUsd} USD`;
  say(output, `book ${discrepancy.bookAmount}, venue ${discrepancy.venueAmount}, delta ${delta}, ${value}`);
  say(output, sinceText(discrepancy));
  for (const line of divergenceOf(discrepancy)) say(output, line);
  for (const line of remarksOn(discrepancy)) say(output, line);
  const { history } = discrepancy;
  if (history.length > STEPS_SHOWN) say(output, `${history.length - STEPS_SHOWN} earlier steps`);
  const steps = history
    .slice(-STEPS_SHOWN)
    .map(({ atMs, state: stood, note }) => [timeText(atMs), stood, note]);
  for (const line of tableLines([{ title: 'At' }, { title: 'State' }, { title: 'Why' }], steps))
    say(output, line);
}

function sinceText({ firstSeenAtMs, lastSeenAtMs, lastAgreedAtMs }: ExplainedDiscrepancy): string {
  const agreed =
    lastAgreedAtMs === null ? 'nothing read before it' : `agreed until ${timeText(lastAgreedAtMs)}`;
  return `${agreed}, first seen ${timeText(firstSeenAtMs)}, last seen ${timeText(lastSeenAtMs)}`;
}

function divergenceOf({ firstDivergence }: ExplainedDiscrepancy): readonly string[] {
  if (firstDivergence === null) return [];
  const { lastAgreed, firstDiffered, readsLookedAt } = firstDivergence;
  const before =
    lastAgreed === null
      ? 'no read that is kept agrees'
      : `the read before it, ${lastAgreed.snapshotId.slice(0, 8)} at ${timeText(lastAgreed.atMs)}, agrees`;
  const { snapshotId, atMs, bookAmount, venueAmount } = firstDiffered;
  return [
    `first differs in read ${snapshotId.slice(0, 8)} at ${timeText(atMs)}: book ${bookAmount}, venue ${venueAmount}`,
    `${before} (${readsLookedAt} reads looked at)`,
  ];
}

function remarksOn(discrepancy: ExplainedDiscrepancy): readonly string[] {
  const { cause, explanation, leads = [], reopened, isOscillating, awaitsOutcome } = discrepancy;
  return [
    explanation === null ? 'not explained yet' : `cause ${cause ?? 'unknown'}: ${VERDICTS[explanation]}`,
    ...leads.map((lead) => `on record, though it does not account for all of it: ${lead}`),
    ...(reopened > 0 ? [`it came back ${reopened} times after it had ended`] : []),
    ...(isOscillating ? ['the difference comes and goes: nothing is applied unasked'] : []),
    ...(awaitsOutcome ? ['an order of unknown outcome may account for it'] : []),
  ];
}

const VERDICTS = {
  unique: 'nothing else accounts for it',
  ambiguous: 'several explanations fit; the proposal is the first of them',
  none: 'nothing that book and venue say accounts for it',
  limitReached: 'the search was ended before every explanation was tried',
} as const;

function printCorrection(correction: ExplainedCorrection, output: Output): void {
  const { style } = output;
  const { shortId, state, cause, decidedBy, decidedAtMs } = correction;
  const value = correction.valueUsd === null ? 'without a price' : `moves ${correction.valueUsd} USD`;
  output.line(
    `${style.bold(`correction ${shortId}`)}  ${printable(cause)}  ${value}  ${style.warning(state)}`,
  );
  for (const sentence of correction.sentences) say(output, sentence);
  for (const sentences of correction.alternatives) say(output, `or ${sentences.join(' and ')}`);
  const until =
    correction.expiresAtMs === null ? '' : `, may be approved until ${timeText(correction.expiresAtMs)}`;
  const why = correction.reason === null ? '' : `: ${correction.reason}`;
  if (state === 'proposed') say(output, `proposed ${timeText(correction.proposedAtMs)}${until}${why}`);
  else if (decidedAtMs !== null) say(output, `${state} ${timeText(decidedAtMs)} by ${decidedBy}`);
  if (correction.hasHypothesis) say(output, 'only the figures speak for it, no record does');
  if (correction.isPartial) say(output, 'a difference that shares events with it stays unexplained');
  for (const line of postingLines(correction.postings)) say(output, line);
  if (correction.venueIds.length > 0) say(output, `venue ids ${correction.venueIds.join(', ')}`);
  if (correction.evidence.length > 0) say(output, `records ${correction.evidence.join(', ')}`);
  say(output, `evidence ${correction.evidenceHash}`);
}

function printSnapshot(snapshot: ExplanationDocument['snapshot'], output: Output): void {
  output.line(output.style.bold('read'));
  if (snapshot === null) {
    say(output, 'the snapshot is not kept');
    return;
  }
  say(output, `snapshot ${snapshot.id} at ${timeText(snapshot.observedAtMs)}`);
  for (const { endpoint, rows, sha256 } of snapshot.pages)
    say(output, `${endpoint}  ${rows} rows  ${sha256}`);
}

function printBlastRadius(found: BlastRadius, output: Output): void {
  const { venue, mode, modeReason, closedGates, discrepancies, openOrders, plans } = found;
  output.line(output.style.bold('holds up'));
  say(output, `${venue} is ${mode}${modeReason === '' ? '' : `: ${modeReason}`}`);
  for (const { asset, reason, sinceMs } of closedGates)
    say(output, `closed ${asset} since ${timeText(sinceMs)}: ${reason}`);
  if (closedGates.length === 0) say(output, 'no gate is closed because of it');
  for (const each of discrepancies)
    say(output, `also differs ${each.shortId}  ${each.venue} ${each.asset} ${each.delta}  ${each.state}`);
  for (const order of openOrders) {
    const remaining = order.remaining ?? 'an unknown quantity';
    say(
      output,
      `open order ${order.clientOrderId}  ${order.venue} ${order.side} ${remaining} ${order.market}  ${order.status}`,
    );
  }
  for (const { hash, status, orders } of plans)
    say(output, `plan ${hash.slice(0, 8)}  ${status}  ${orders} orders in it`);
}

const say = (output: Output, text: string): void => output.line(`  ${printable(text)}`);
const timeText = (atMs: number): string => new Date(atMs).toISOString();
