import type { Announcement } from '../../../actors/messages/announcements.ts';
import type { SignalOutcome } from '../../domain/signals/settle-signal.ts';
import type { Signal } from '../../domain/signals/signal.ts';
import { PendingAnswers } from '../pending-answers.ts';
import { PortfolioUnavailableError } from '../portfolio-api.ts';
import type { Delivery } from '../service.ts';

/** Hands signals to the book's writer, and gives each caller what became of theirs. */
export class SignalDesk {
  readonly #send: (delivery: Delivery) => void;
  readonly #outcomes = new PendingAnswers<readonly SignalOutcome[]>();

  constructor(send: (delivery: Delivery) => void) {
    this.#send = send;
  }

  report(
    signals: readonly Signal[],
    { requestId, by }: { readonly requestId: string; readonly by: string },
  ): Promise<readonly SignalOutcome[]> {
    const outcomes = this.#outcomes.ask(requestId);
    this.#send({ to: 'portfolio', message: { type: 'portfolio.signalsReported', requestId, by, signals } });
    return outcomes;
  }

  hear(announcement: Announcement): void {
    if (announcement.type === 'signalsSettled')
      this.#outcomes.answer(announcement.requestId, announcement.outcomes);
    else if (announcement.type === 'messageUndelivered' && announcement.id !== null)
      this.#outcomes.refuse(announcement.id, lost('which was being restarted'));
    else if (
      announcement.type === 'workerChanged' &&
      announcement.worker === 'portfolio' &&
      announcement.what !== 'worker.restarted'
    )
      this.refuseAll(lost(`which crashed: ${announcement.error ?? announcement.what}`));
  }

  refuseAll(error: Error): void {
    this.#outcomes.refuseAll(error);
  }
}

const lost = (why: string): PortfolioUnavailableError =>
  new PortfolioUnavailableError(`the signals did not reach the book's writer, ${why}: report them again`);
