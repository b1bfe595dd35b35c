// JSON as people write it in a file: the first mistake is named by line and column, and a key that stands twice
// is a mistake, where JSON.parse would silently keep the last. Messages never hold a part of the text, which may
// be a key; JSON.parse quotes it.

/** A file nested deeper is not a configuration. */
const DEPTH_MAX = 64;

export type JsonText =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly line: number;
      readonly column: number;
      readonly expected: string;
      /** Whether the text ends there, as where a file was cut off, or has anything else. */
      readonly found: string;
    };

/** Keys that start with "//" are comments: they may stand twice and are left out of the value. */
export function parseJsonText(source: string): JsonText {
  const reader = new JsonReader(source.charCodeAt(0) === 0xfeff ? source.slice(1) : source);
  try {
    return { ok: true, value: reader.document() };
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error;
    const before = reader.source.slice(0, error.offset).split('\n');
    return {
      ok: false,
      line: before.length,
      column: (before.at(-1) ?? '').length + 1,
      expected: error.message,
      found: error.found,
    };
  }
}

class JsonMistake extends Error {
  readonly offset: number;
  readonly found: string;

  constructor(expected: string, { offset, found }: { readonly offset: number; readonly found: string }) {
    super(expected);
    this.offset = offset;
    this.found = found;
  }
}

class JsonReader {
  readonly source: string;
  #at = 0;

  constructor(source: string) {
    this.source = source;
  }

  document(): unknown {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.source.length) this.#fail('the end of the file');
    return value;
  }

  #value(depth: number): unknown {
    this.#skipSpace();
    if (depth > DEPTH_MAX) this.#fail(`at most ${DEPTH_MAX} levels`);
    const first = this.source[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#list(depth);
    if (first === '"') return this.#string();
    const scalar = this.#match(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y);
    return scalar === null ? this.#fail('a value') : JSON.parse(scalar);
  }

  #object(depth: number): unknown {
    const entries = new Map<string, unknown>();
    this.#members('}', () => {
      this.#skipSpace();
      const keyAt = this.#at;
      const key = this.#string();
      this.#skipSpace();
      if (!this.#take(':')) this.#fail('":"');
      const value = this.#value(depth + 1);
      if (key.startsWith('//')) return;
      if (entries.has(key)) this.#fail('a key that does not stand twice in one object', keyAt);
      entries.set(key, value);
    });
    return Object.fromEntries(entries);
  }

  #list(depth: number): unknown {
    const values: unknown[] = [];
    this.#members(']', () => values.push(this.#value(depth + 1)));
    return values;
  }

  #members(end: '}' | ']', readMember: () => void): void {
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(end)) return;
    for (;;) {
      readMember();
      this.#skipSpace();
      if (this.#take(end)) return;
      if (!this.#take(',')) this.#fail(`"," or "${end}"`);
    }
  }

  #string(): string {
    if (this.source[this.#at] !== '"') this.#fail('text in double quotes');
    const end = this.#endOfString();
    if (end === null) this.#fail('text in double quotes', this.#at, 'text without its closing quote');
    const literal = this.source.slice(this.#at, end);
    try {
      // What may stand in it is JSON's own rule: no control characters, and no escapes but those it knows.
      const value = JSON.parse(literal);
      this.#at += literal.length;
      return value;
    } catch {
      return this.#fail('text in double quotes');
    }
  }

  /**
   * Past the quote that closes, or null where there is none. Character by character: a pattern that repeats runs out of
   * stack in a long text.
   */
  #endOfString(): number | null {
    for (let at = this.#at + 1; at < this.source.length; at += 1) {
      if (this.source[at] === '"') return at + 1;
      if (this.source[at] === '\\') at += 1;
    }
    return null;
  }

  #skipSpace(): void {
    this.#match(/[ \t\r\n]*/y);
  }

  #take(character: string): boolean {
    if (this.source[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(sticky: RegExp): string | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.source)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #fail(
    expected: string,
    offset = this.#at,
    found = offset >= this.source.length ? 'the end of the file' : 'something else',
  ): never {
    throw new JsonMistake(expected, { offset, found });
  }
}
