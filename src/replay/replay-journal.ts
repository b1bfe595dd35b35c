import type { Random } from '../platform/random.ts';
import { settle, TurnClock } from '../platform/turn-clock.ts';
import { type Input, Intake, type Recorder } from './intake.ts';
import { JOURNAL_FORMAT, type JournalLine } from './journal.ts';
import { entryOf, type FirstDifference, JournalScript } from './journal-script.ts';

export type ReplayResult =
  | { readonly identical: true; readonly messages: number; readonly stateHash: string }
  | { readonly identical: false; readonly messages: number; readonly firstDifference: FirstDifference };

/** The service that a replay runs again, on the rows that it began with. */
export interface ReplayedService {
  /** Begins; whatever leaves from now on is compared. */
  start(ports: ReplayPorts): Promise<void>;
  /** Over every row. */
  stateHash(): Promise<string>;
  stop(): Promise<void>;
}

export interface ReplayPorts {
  readonly clock: TurnClock;
  readonly intake: Intake;
  readonly random: Random;
  readonly recorder: Recorder;
  /** What the journal's first line says of the service: its settings without secrets. */
  readonly service: unknown;
}

/**
 * Feeds a journal's inputs to a service and compares everything that leaves it, line by line, and every row at the
 * end. A line that was edited is a difference like any other, and so is an input that breaks the service.
 * Nothing is asked of any venue.
 */
export async function replayJournal(
  texts: Iterable<string>,
  open: (at: { readonly atMs: number }) => Promise<ReplayedService>,
): Promise<ReplayResult> {
  const script = new JournalScript(texts);
  const first = script.take();
  if (first?.kind !== 'start' || first.format !== JOURNAL_FORMAT || !Number.isSafeInteger(first.atMs)) {
    script.differ(first, { kind: 'start', format: JOURNAL_FORMAT }, first && entryOf(first));
    return resultOf(script, null);
  }
  const service = await open({ atMs: first.atMs });
  try {
    return resultOf(script, await replay(script, first, service));
  } finally {
    await service.stop();
  }
}

/** The hash of the rows at the end; null after a difference. */
async function replay(
  script: JournalScript,
  first: JournalLine & { readonly kind: 'start' },
  service: ReplayedService,
): Promise<string | null> {
  const before = await service.stateHash();
  if (before !== first.stateHash) {
    script.differ(first, { stateHash: first.stateHash }, { stateHash: before });
    return null;
  }
  const clock = new TurnClock(first.atMs);
  const recorder: Recorder = {
    input: () => undefined,
    random: () => undefined,
    output: (atMs, output) => script.compareOutput({ ...output, atMs }),
  };
  const intake = new Intake(clock, recorder, () => undefined);
  const begun = await attempt(script, first, async () => {
    await service.start({ clock, intake, random: script.random(), recorder, service: first.service });
    await settle();
  });
  return begun ? feed(script, { clock, intake, service }) : null;
}

async function feed(
  script: JournalScript,
  { clock, intake, service }: Pick<ReplayPorts, 'clock' | 'intake'> & { readonly service: ReplayedService },
): Promise<string | null> {
  for (let line = script.take(); line; line = script.take()) {
    if (line.kind === 'close') return compareEnd(script, line, clock.now(), await service.stateHash());
    const obstacle = whyNotDelivered(line, clock, intake);
    if (obstacle) {
      script.differ(line, entryOf(line), obstacle);
      return null;
    }
    const delivered = await attempt(script, line, async () => {
      intake.submit(entryOf(line) as Input);
      await intake.idle();
    });
    if (!delivered) return null;
  }
  script.differ(null, { kind: 'close' }, null);
  return null;
}

function compareEnd(
  script: JournalScript,
  line: JournalLine & { readonly kind: 'close' },
  atMs: number,
  stateHash: string,
): string | null {
  if (line.stateHash !== stateHash || line.atMs !== atMs)
    script.differ(line, entryOf(line), { kind: 'close', atMs, stateHash });
  const after = script.take();
  if (after) script.differ(after, entryOf(after), null);
  return script.difference ? null : stateHash;
}

/** Null for an input that can have entered here; else what the service is doing instead. */
function whyNotDelivered(line: JournalLine, clock: TurnClock, intake: Intake): unknown {
  if (line.kind !== 'tick' && line.kind !== 'message' && line.kind !== 'answer')
    return { kind: 'waits for an input' };
  if (!Number.isSafeInteger(line.atMs) || line.atMs < clock.now()) return { nowMs: clock.now() };
  if (line.kind === 'answer' && !intake.openCalls().includes(line.call))
    return { openCalls: intake.openCalls() };
  return null;
}

/** What breaks the service in a replay differs from what was recorded, for that run went on. */
async function attempt(
  script: JournalScript,
  line: JournalLine,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
  } catch (error) {
    script.differ(line, entryOf(line), { broken: error instanceof Error ? error.message : String(error) });
  }
  return script.difference === null;
}

function resultOf(script: JournalScript, stateHash: string | null): ReplayResult {
  const { difference, sequence } = script;
  if (difference || stateHash === null) {
    const unfinished = { sequence: sequence + 1, kind: 'end', expected: { kind: 'close' }, found: null };
    return { identical: false, messages: sequence, firstDifference: difference ?? unfinished };
  }
  return { identical: true, messages: sequence, stateHash };
}
