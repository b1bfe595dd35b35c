import { describeAlertSubject } from './alert.ts';
import { termsOf } from './alert-codes.ts';
import type { Notification, Telling, TellingReason } from './notification.ts';

/** One line for a list of messages, and the lines below it. Plain text: whoever sends it escapes it. */
export interface NotificationText {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

const REASONS: Readonly<Record<TellingReason, string>> = {
  opened: '',
  worsened: 'worse: ',
  repeated: 'still: ',
  reopened: 'again: ',
  resolved: 'resolved: ',
  passed: 'was, and is resolved: ',
};
/** Alerts that one digest spells out: a message that is longer is read by nobody, and taken by few. */
const SPELT_MAX = 20;
const ID_LENGTH = 8;

export function textOf({ kind, level, tellings }: Notification): NotificationText {
  const [first] = tellings;
  if (kind === 'single' && first !== undefined)
    return { title: `[${level}] ${headlineOf(first)}`, paragraphs: [linesOf(first).join('\n')] };
  const rest = tellings.length - SPELT_MAX;
  return {
    title: `[${level}] ${tellings.length} ${tellings.length === 1 ? 'alert' : 'alerts'}`,
    paragraphs: [
      ...tellings.slice(0, SPELT_MAX).map((each) => [headlineOf(each), ...linesOf(each)].join('\n')),
      ...(rest > 0 ? [`and ${rest} more: trueup alerts`] : []),
    ],
  };
}

/** "worse: a venue holds more than its limit (coinbase)". */
function headlineOf({ reason, alert }: Telling): string {
  const subject = describeAlertSubject(alert);
  return `${REASONS[reason]}${termsOf(alert.code).title}${subject === '' ? '' : ` (${subject})`}`;
}

function linesOf({ reason, alert }: Telling): readonly string[] {
  const { id, code, detail, measure, openedAtMs, occurrences } = alert;
  const isOver = reason === 'resolved' || reason === 'passed';
  return [
    ...(detail === '' ? [] : [detail]),
    ...(measure === null ? [] : [`value ${measure.value}, bound ${measure.bound}`]),
    ...(occurrences > 1 ? [`${occurrences} times`] : []),
    ...(isOver ? [] : [`do: ${termsOf(code).action}`]),
    `${code} ${id.slice(0, ID_LENGTH)}, since ${new Date(openedAtMs).toISOString()}`,
  ];
}
