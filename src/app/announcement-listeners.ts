import type { Announcement } from '../../actors/messages/announcements.ts';
import type { AnnouncementListener } from './portfolio-api.ts';

/** Whoever listens to what the service announces. A listener that fails disturbs neither the service nor the others. */
export class AnnouncementListeners {
  readonly #onProblem: (problem: string) => void;
  readonly #listeners = new Map<string, Set<(announcement: never) => unknown>>();

  constructor(onProblem: (problem: string) => void) {
    this.#onProblem = onProblem;
  }

  /** The returned function stops listening. */
  add<T extends Announcement['type']>(type: T, listener: AnnouncementListener<T>): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    // One entry a call: the same function may listen twice, and stop twice.
    const entry = (announcement: never): unknown => listener(announcement);
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  tell(announcement: Announcement): void {
    const { type } = announcement;
    for (const listener of this.#listeners.get(type) ?? []) {
      try {
        const heard = listener(announcement as never);
        if (heard instanceof Promise) heard.catch((error) => this.#report(type, error));
      } catch (error) {
        this.#report(type, error);
      }
    }
  }

  #report(type: string, error: unknown): void {
    this.#onProblem(
      `a listener of ${type} failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
