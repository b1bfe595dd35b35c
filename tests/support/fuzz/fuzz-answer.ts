/** What a venue answers when all is well. For a file, its text with status 200. */
export interface GoodAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What goes over the wire instead. */
export interface ServedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** The connection ends in the middle of the body. */
  readonly isCut: boolean;
}

export interface Mutated {
  readonly answer: ServedAnswer;
  /** What was changed, in words, in order. */
  readonly what: readonly string[];
  /** The one decimal number whose digit or sign was changed, where nothing else was. */
  readonly changed: { readonly path: string; readonly before: string; readonly after: string } | null;
}

/** Stands in a body for what is only known when a request comes: its token and its address. */
export const ECHO = '§echo§';
