import { assert } from '../src/domain/assert.ts';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import {
  applyTransferEvent,
  hasEnded,
  isAtStake,
  mayBeRequestedAgain,
  maySend,
  newTransfer,
  type TransferEvent,
  type TransferIntent,
  type TransferRequest,
} from '../src/domain/transfer/transfer-intent.ts';
import { bookEventOf, findTwin, isSameRequest, outcomeOf } from '../src/domain/transfer/transfer-outcome.ts';
import type { TransferInstruction, TransferLookup } from '../src/domain/venue/transfer.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Exchange, TransferMethods } from '../src/exchanges/exchange.ts';
import { transfersOf } from '../src/exchanges/exchange.ts';
import type { Clock } from '../src/platform/clock.ts';
import { withDeadline } from '../src/platform/deadline.ts';
import type { TransferRequested } from './messages/transfer-messages.ts';
import type { TransferWork } from './transfer-work.ts';

export interface TransferPorts {
  readonly work: TransferWork;
  readonly exchangeOf: (venue: VenueId) => Exchange;
  readonly clock: Clock;
  /** For one question to a venue. */
  readonly timeoutMs: number;
  /** False in paper: nothing that was begun in another mode is signed or sent. */
  readonly sendsTransfers: boolean;
  /** Tells the book what a transfer did. */
  readonly tellBook: (event: BookEvent) => void;
  /** Tells whoever watches. */
  readonly tell: (intent: TransferIntent) => void;
  /** A transfer that may have happened explains differences until the book has it or evidence says otherwise. */
  readonly setAtStake: (intent: TransferIntent, isAtStake: boolean) => void;
}

/** What became of a request: the transfer as it stands, or why there is none. */
export type Accepted =
  | { readonly state: 'accepted'; readonly intent: TransferIntent }
  | { readonly state: 'refused'; readonly reason: string };

/** Writes a new transfer down; one that is known is gone on with. Sends nothing. */
export async function acceptTransfer(
  { request, by }: TransferRequested,
  ports: TransferPorts,
  signal: AbortSignal,
): Promise<Accepted> {
  const { work, sendsTransfers } = ports;
  const known = await work.find(request.transferId);
  if (known !== null && !isSameRequest(known.request, request))
    return refused(`${request.transferId} is another transfer: ${canonicalJson(known.request)}`);
  if (known !== null && !sendsTransfers && !hasEnded(known) && !isAtStake(known))
    return refused(`${request.transferId} was begun in live mode and waits for it`);
  if (known !== null && !mayBeRequestedAgain(known)) return { state: 'accepted', intent: known };
  const twin = findTwin(request, await work.findUnderWay());
  if (twin !== null)
    return refused(`transfer ${twin.request.transferId} of the same to the same address has not ended`);
  const intent =
    known === null ? newTransfer(request) : applyTransferEvent(known, { type: 'requestedAgain' });
  assertGoesOn(signal);
  await work.keep({ intent, what: known === null ? 'intended' : 'requestedAgain', by });
  return { state: 'accepted', intent };
}

const refused = (reason: string): Accepted => ({ state: 'refused', reason });

/**
 * Does the next thing that may be done about a transfer; resolves with it as it stands afterwards.
 *
 * Every step is committed before the next one begins, and a transfer is committed as about to be sent before its first
 * byte is. A crash between any two steps leaves a state to go on from.
 */
export async function performTransfer(
  intent: TransferIntent,
  ports: TransferPorts,
  signal: AbortSignal,
): Promise<TransferIntent> {
  const step = new Step(intent, ports, signal);
  if (intent.status === 'intended') await step.prepare();
  else if (maySend(intent) && ports.sendsTransfers) await step.send();
  else if (isAtStake(intent)) await step.lookUp();
  return step.intent;
}

/** True once the book has the transfer, or has no need of it; tells it otherwise. */
export async function tellUntilTold(intent: TransferIntent, ports: TransferPorts): Promise<boolean> {
  const event = bookEventOf(intent);
  if (event === null || (await ports.work.isTold(intent.request.transferId))) {
    ports.setAtStake(intent, false);
    return true;
  }
  ports.tellBook(event);
  return false;
}

class Step {
  readonly #ports: TransferPorts;
  readonly #signal: AbortSignal;
  intent: TransferIntent;

  constructor(intent: TransferIntent, ports: TransferPorts, signal: AbortSignal) {
    this.intent = intent;
    this.#ports = ports;
    this.#signal = signal;
  }

  async prepare(): Promise<void> {
    const instruction = instructionOf(this.intent.request);
    const outcome = await this.#ask((venue, signal) => venue.prepareTransfer(instruction, signal));
    if (outcome === null)
      return this.#keep({ type: 'denied', reason: `${instruction.venue} moves nothing to addresses` });
    if (outcome.state === 'deniedLocally') return this.#keep({ type: 'denied', reason: outcome.reason });
    if (outcome.state === 'unknown')
      return this.#keep({ type: 'prepareFailed', detail: `${outcome.reason}: ${outcome.detail}` });
    const { transfer } = outcome;
    // What would be sent is not what was wanted: nothing of it is kept, and nothing is sent.
    if (canonicalJson(transfer.instruction) !== canonicalJson(instruction))
      return this.#keep({ type: 'denied', reason: 'another transfer was prepared' });
    return this.#keep({ type: 'prepared', prepared: transfer });
  }

  async send(): Promise<void> {
    await this.#keep({ type: 'submitting' });
    const { prepared } = this.intent;
    assert(prepared, 'what is sent was prepared');
    this.#ports.setAtStake(this.intent, true);
    const outcome = await this.#ask((venue, signal) => venue.submitTransfer(prepared, signal));
    await this.#keep({
      type: 'submitOutcome',
      outcome: outcome ?? { state: 'outcomeUnknown', detail: 'the venue cannot be asked' },
    });
  }

  async lookUp(): Promise<void> {
    const { prepared } = this.intent;
    assert(prepared, 'what is looked up was prepared');
    const lookup = await this.#ask((venue, signal) => venue.findTransfer(prepared, signal));
    if (lookup === null) return;
    await this.#keep({ type: 'seen', lookup: this.#notLater(lookup) });
  }

  /** The chain's time may be ahead of ours, and the book takes nothing from the future. */
  #notLater(lookup: TransferLookup): TransferLookup {
    if (lookup.state !== 'found' || lookup.status === 'open') return lookup;
    return { ...lookup, atMs: Math.min(lookup.atMs, this.#ports.clock.now()) };
  }

  /** Null where the venue does not transfer. */
  async #ask<T>(question: (venue: TransferMethods, signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const { clock, timeoutMs, exchangeOf } = this.#ports;
    const venue = transfersOf(exchangeOf(this.intent.request.venue));
    if (venue === null) return null;
    return withDeadline({ clock, timeoutMs, signal: this.#signal }, (signal) => question(venue, signal));
  }

  async #keep(event: TransferEvent): Promise<void> {
    assertGoesOn(this.#signal);
    const before = this.intent;
    const intent = applyTransferEvent(before, event);
    if (isWorthKeeping(before, intent)) await this.#ports.work.keep({ intent, what: event.type, by: null });
    this.intent = intent;
    if (before.status !== intent.status || outcomeOf(before) !== outcomeOf(intent)) this.#ports.tell(intent);
  }
}

function assertGoesOn(signal: AbortSignal): void {
  assert(!signal.aborted, 'nothing is committed for an actor that was stopped: another may have begun');
}

/** A look-up in vain is counted in memory: the next process begins to count anew. */
const isWorthKeeping = (before: TransferIntent, after: TransferIntent): boolean =>
  before.status !== after.status || before.sends !== after.sends;

const instructionOf = ({ toVenue: _toVenue, ...instruction }: TransferRequest): TransferInstruction =>
  instruction;
