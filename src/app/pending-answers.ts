/** Promises that wait for an answer with their name on it. Answers under one name go to those who asked first. */
export class PendingAnswers<T> {
  readonly #waiting = new Map<string, Waiting<T>[]>();

  /** A promise that nobody awaits any more is no unhandled rejection when it fails. */
  ask(id: string): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), { resolve, reject }]);
    });
    answer.catch(() => {});
    return answer;
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** False where nobody waits for it. */
  answer(id: string, value: T): boolean {
    const first = this.#take(id);
    first?.resolve(value);
    return first !== undefined;
  }

  refuse(id: string, error: Error): void {
    this.#take(id)?.reject(error);
  }

  refuseAll(error: Error): void {
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const { reject } of all) reject(error);
  }

  #take(id: string): Waiting<T> | undefined {
    const [first, ...others] = this.#waiting.get(id) ?? [];
    if (others.length > 0) this.#waiting.set(id, others);
    else this.#waiting.delete(id);
    return first;
  }
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}
