/** Hands on what it is told, one listener; what was told before anybody listened is handed on first. */
export class LateListener<T> {
  #early: T[] = [];
  #hear: ((told: T) => void) | null = null;

  tell(told: T): void {
    if (this.#hear) this.#hear(told);
    else this.#early.push(told);
  }

  listen(hear: (told: T) => void): void {
    this.#hear = hear;
    for (const told of this.#early.splice(0)) hear(told);
  }
}
