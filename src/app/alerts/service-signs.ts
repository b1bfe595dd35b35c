import type { Announcement } from '../../../actors/messages/announcements.ts';
import { type Look, type Occurrence, seen, sighting } from '../../domain/alerts/observation.ts';

/** More than this between two looks is told as one already. */
const HEARD_MAX = 1_000;

/**
 * What the service says of itself and keeps nowhere: workers that crash, reads that are held back, messages without
 * effect. It lives as long as the process does, and so do these troubles.
 */
export class ServiceSigns {
  #heard: readonly Occurrence[] = [];
  readonly #given = new Map<string, string>();
  readonly #breakers = new Map<string, Extract<Announcement, { type: 'breakerChanged' }>>();

  hear(announcement: Announcement): void {
    switch (announcement.type) {
      case 'workerChanged':
        this.#hearWorker(announcement);
        return;
      case 'messageUndelivered': {
        const { worker, messageType, atMs } = announcement;
        this.#keep({
          code: 'messageUndelivered',
          about: worker,
          detail: `${messageType} did not reach ${worker}`,
          atMs,
        });
        return;
      }
      case 'breakerChanged': {
        const key = `${announcement.venue} ${announcement.endpointClass}`;
        if (announcement.state === 'closed') this.#breakers.delete(key);
        else this.#breakers.set(key, announcement);
        return;
      }
      default:
    }
  }

  /** What happened and was not forgotten yet. */
  occurrences(): readonly Occurrence[] {
    return this.#heard;
  }

  /** Once what was given is on the disk. */
  forget(kept: readonly Occurrence[]): void {
    const known = new Set(kept);
    this.#heard = this.#heard.filter((each) => !known.has(each));
  }

  looks(): readonly Look[] {
    return [
      seen(
        'workerGaveUp',
        [...this.#given].map(([worker, detail]) => sighting('workerGaveUp', { about: worker, detail })),
      ),
      seen(
        'breakerOpen',
        [...this.#breakers.values()].map(({ venue, endpointClass, reason }) =>
          sighting('breakerOpen', { venue, about: endpointClass, detail: reason }),
        ),
      ),
    ];
  }

  #hearWorker({ worker, what, error, atMs }: Extract<Announcement, { type: 'workerChanged' }>): void {
    const detail = error ?? what;
    if (what === 'worker.gaveUp') this.#given.set(worker, detail);
    if (what === 'worker.restarted') this.#given.delete(worker);
    if (what === 'worker.crashed') this.#keep({ code: 'workerCrashed', about: worker, detail, atMs });
  }

  #keep(occurrence: Pick<Occurrence, 'code' | 'about' | 'detail' | 'atMs'>): void {
    if (this.#heard.length < HEARD_MAX)
      this.#heard = [...this.#heard, { ...occurrence, asset: null, venue: null }];
  }
}
