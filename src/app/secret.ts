import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/** Parts of a secret shorter than this are not looked for: they would match ordinary words. */
const RECOGNISABLE_LENGTH = 12;

/** A value that prints as "[secret]" wherever it is printed, logged, inspected or made JSON. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where it is used, never before. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }

  /** The text with this secret, and every line of it, taken out. */
  removeFrom(text: string): string {
    const lines = this.#value.split(/\r?\n|\\n/).filter((line) => isTelling(line));
    return [this.#value, ...lines]
      .filter((part) => part.length > 0)
      .reduce((rest, part) => rest.replaceAll(part, HIDDEN), text);
  }
}

/** The markers around a key in PEM are no secret, and hiding them would hide helpful messages. */
function isTelling(line: string): boolean {
  return line.length >= RECOGNISABLE_LENGTH && !line.startsWith('-----');
}
