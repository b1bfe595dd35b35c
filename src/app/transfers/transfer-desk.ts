import type { Announcement } from '../../../actors/messages/announcements.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { TransferRequest } from '../../domain/transfer/transfer-intent.ts';
import { PendingAnswers } from '../pending-answers.ts';
import { PortfolioUnavailableError, TransferRefusedError, type TransferResult } from '../portfolio-api.ts';
import type { Delivery } from '../service.ts';

type Told<T extends Announcement['type']> = Extract<Announcement, { readonly type: T }>;

/** Asks the transfer actor for transfers, and gives each caller what became of theirs. */
export class TransferDesk {
  readonly #send: (delivery: Delivery) => void;
  readonly #results = new PendingAnswers<TransferResult>();
  /** What was asked for and has no answer yet, by its content. */
  readonly #asked = new Map<string, Extract<Delivery, { to: 'transfer' }>>();
  #lost: string | null = null;

  constructor(send: (delivery: Delivery) => void) {
    this.#send = send;
  }

  transfer(request: TransferRequest, at: { requestId: string; by: string }): Promise<TransferResult> {
    if (this.#lost !== null)
      throw new PortfolioUnavailableError(`the transfer worker was given up: ${this.#lost}`);
    const key = canonicalJson(request);
    const result = this.#results.ask(key);
    const delivery = { to: 'transfer', message: { type: 'transfer.requested', request, ...at } } as const;
    this.#asked.set(key, delivery);
    this.#send(delivery);
    return result;
  }

  hear(announcement: Announcement): void {
    if (announcement.type === 'transferChanged') this.#hearChange(announcement);
    else if (announcement.type === 'transferRefused') this.#hearRefusal(announcement);
    else if (announcement.type === 'workerChanged' && announcement.worker === 'transfer')
      this.#hearWorker(announcement);
  }

  refuseAll(error: Error): void {
    this.#asked.clear();
    this.#results.refuseAll(error);
  }

  #hearChange({ request, outcome, reference, arrives, fee, detail: reason }: Told<'transferChanged'>): void {
    if (outcome === null) return;
    const key = canonicalJson(request);
    const { transferId } = request;
    this.#asked.delete(key);
    while (this.#results.answer(key, { transferId, outcome, reference, arrives, fee, reason }));
  }

  #hearRefusal({ request, reason }: Told<'transferRefused'>): void {
    const key = canonicalJson(request);
    this.#asked.delete(key);
    const refusal = new TransferRefusedError(reason);
    while (this.#results.has(key)) this.#results.refuse(key, refusal);
  }

  #hearWorker({ what, error }: Told<'workerChanged'>): void {
    if (what === 'worker.restarted') {
      this.#lost = null;
      // What it was asked before it crashed, it may have forgotten; asking twice is asking once.
      for (const delivery of this.#asked.values()) this.#send(delivery);
    }
    if (what !== 'worker.gaveUp') return;
    this.#lost = error ?? what;
    this.refuseAll(
      new PortfolioUnavailableError(`the transfer worker was given up before it answered: ${this.#lost}`),
    );
  }
}
