import { assert } from '../domain/assert.ts';

/** Where a command's words go. */
export interface Streams {
  readonly out: TextStream;
  readonly err: TextStream;
}

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** How a command speaks: with `--json` one document on stdout and nothing else there; without it, to people. */
export interface Output {
  readonly isJson: boolean;
  /** The result for programs. At most one, and only with `--json`. */
  document(value: unknown): void;
  /** A line of the result for people; nothing with `--json`. */
  line(text?: string): void;
  /** Logs and progress, always on stderr. */
  note(text: string): void;
  /** Puts another text into the last line of stderr; only where `isInteractive`. */
  rewrite(text: string): void;
  /** Whether a document was printed already. */
  hasDocument(): boolean;
  readonly style: Style;
  /** Whether progress may rewrite its line: stderr is a terminal and nobody asked for plain text. */
  readonly isInteractive: boolean;
}

/** Emphasis for terminals; the text itself elsewhere. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

export function createOutput(
  streams: Streams,
  options: { readonly isJson: boolean; readonly environment: Readonly<Record<string, string | undefined>> },
): Output {
  // https://no-color.org: any value that is not empty.
  const isPlain = (options.environment.NO_COLOR ?? '') !== '' || options.environment.TERM === 'dumb';
  const isColoured = !isPlain && !options.isJson && streams.out.isTTY === true;
  let documents = 0;
  return {
    isJson: options.isJson,
    document(value) {
      assert(options.isJson, 'a document is printed only with --json');
      documents += 1;
      assert(documents === 1, 'a command prints one document');
      streams.out.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    line: (text = '') => {
      if (!options.isJson) streams.out.write(`${text}\n`);
    },
    note: (text) => {
      streams.err.write(`${text}\n`);
    },
    rewrite: (text) => {
      assert(!isPlain && streams.err.isTTY === true, 'only a terminal has a line to rewrite');
      streams.err.write(`\r\u001b[2K${text}`);
    },
    hasDocument: () => documents > 0,
    style: styleOf(isColoured),
    isInteractive: !isPlain && streams.err.isTTY === true,
  };
}

function styleOf(isColoured: boolean): Style {
  const paint = (start: number, end: number) => (text: string) =>
    isColoured ? `\u001b[${start}m${text}\u001b[${end}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    warning: paint(33, 39),
    bad: paint(31, 39),
  };
}
