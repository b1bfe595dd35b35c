import type { Draw } from '../../../src/incidents/draw.ts';

/** What goes wrong on the way of one order, by the moment at which it strikes. */
const MOMENTS = {
  crashBeforeIntent: 'intent',
  crashAfterIntent: 'intent',
  crashBeforeSend: 'aboutToSend',
  requestLost: 'send',
  /** It arrives after the service has been told that the connection closed. */
  requestLate: 'send',
  /** The network delivers it a second time. */
  requestTwice: 'send',
  answerLost: 'send',
  /** Within the deadline or after it. */
  answerLate: 'send',
  /** From then on the venue answers nothing for a while; the order may have reached it. */
  venueSilent: 'send',
  crashAfterSend: 'send',
  answerTwice: 'answer',
  crashAfterAnswer: 'answer',
  /** What the venue is asked from knows nothing of the order yet. */
  venueBehind: 'lookUp',
  crashInLookUp: 'seen',
  restart: 'wait',
} as const;

export type FaultName = keyof typeof MOMENTS;
export type Moment = (typeof MOMENTS)[FaultName];

export const FAULT_NAMES = Object.keys(MOMENTS) as readonly FaultName[];

/** Sequences up to this length are gone through one by one; longer ones would be 759 375 more. */
export const FAULTS_MAX = 4;

/** How many sequences of faults there are, the empty one among them. */
export const SEQUENCES = Array.from(
  { length: FAULTS_MAX + 1 },
  (_, length) => FAULT_NAMES.length ** length,
).reduce((total, count) => total + count, 0);

/** The sequence of a seed. So many seeds in a row as there are sequences have each of them once, in every order. */
export function faultsOf(seed: number): readonly FaultName[] {
  let rest = seed % SEQUENCES;
  let length = 0;
  while (rest >= FAULT_NAMES.length ** length) {
    rest -= FAULT_NAMES.length ** length;
    length += 1;
  }
  return Array.from({ length }, (_, place) => {
    const digit = Math.floor(rest / FAULT_NAMES.length ** place) % FAULT_NAMES.length;
    return FAULT_NAMES[digit] as FaultName;
  });
}

/** The faults of a run, each of which strikes at the first moment of its kind once those before it have struck. */
export class FaultScript {
  readonly draw: Draw;
  readonly #waiting: FaultName[];
  readonly struck: FaultName[] = [];

  constructor(faults: readonly FaultName[], draw: Draw) {
    this.#waiting = [...faults];
    this.draw = draw;
  }

  /** The fault that strikes at this moment; null where none does. */
  strikeAt(moment: Moment): FaultName | null {
    const [next] = this.#waiting;
    if (next === undefined || MOMENTS[next] !== moment) return null;
    this.#waiting.shift();
    this.struck.push(next);
    return next;
  }
}
