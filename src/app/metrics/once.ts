/** What is remembered at most; the oldest is forgotten first. */
const REMEMBERED_MAX = 10_000;

/** Tells the first time of something from every other. */
export class Once {
  readonly #seen = new Set<string>();

  time(what: string): boolean {
    if (this.#seen.has(what)) return false;
    this.#seen.add(what);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED_MAX && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}
