import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/** Parts of a secret shorter than this are not looked for: they would match ordinary words. */
const RECOGNISABLE_LENGTH = 12;

/** What every key of a kind holds: it tells nothing, and hiding it would hide helpful messages. */
const PUBLIC_PARTS = /-----(?:[A-Z0-9 ]|%20)+-----|organizations(?:\/|%2F)|(?:\/|%2F)apiKeys(?:\/|%2F)/;

const LINE_BREAK = /\r?\n|\\n/;

/** Tokens that a key has signed: base64url of "{" and a quote, with whatever of its three parts is there. */
const SIGNED_TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g;

/** A value that prints as "[secret]" wherever it is printed, logged, inspected or made JSON. */
export class Secret {
  readonly #value: string;
  /** Every stretch of the recognisable length that it holds; made when it is first needed. */
  #stretches: ReadonlySet<string> | null = null;

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

  /** The text with this secret taken out, and every part of it that is long enough to be told from a word. */
  removeFrom(text: string): string {
    const rest = this.#value === '' ? text : text.replaceAll(this.#value, HIDDEN);
    this.#stretches ??= stretchesOf(this.#value);
    return this.#stretches.size === 0 ? rest : withoutStretches(rest, this.#stretches);
  }
}

/** The text without any of the secrets, nor a token that was signed with one. */
export function hideSecrets(text: string, secrets: readonly Secret[]): string {
  const rest = secrets.reduce((hidden, secret) => secret.removeFrom(hidden), text);
  return rest.replace(SIGNED_TOKEN, HIDDEN);
}

/** What is long enough in a URL's path and query to be a token. Of a host no part is secret. */
export function secretsOfUrl(text: string): readonly Secret[] {
  const { pathname, searchParams } = new URL(text);
  const parts = [...pathname.split('/'), ...searchParams.values()];
  const tokens = parts.flatMap((part) => [part, decoded(part)]);
  return [...new Set(tokens)]
    .filter((part) => part.length >= RECOGNISABLE_LENGTH)
    .map((part) => new Secret(part));
}

/** A key is recognised as it stands, line by line, with its lines joined, in JSON, and as a part of a URL. */
function stretchesOf(value: string): ReadonlySet<string> {
  const lines = value.split(LINE_BREAK);
  const forms = [...lines, lines.join(''), lines.join('\\n'), encodeURIComponent(value)];
  const parts = forms.flatMap((form) => form.split(PUBLIC_PARTS));
  const stretches = new Set<string>();
  for (const part of parts)
    for (let at = 0; at + RECOGNISABLE_LENGTH <= part.length; at += 1)
      stretches.add(part.slice(at, at + RECOGNISABLE_LENGTH));
  return stretches;
}

/** A part may begin and end anywhere: an excerpt of a foreign answer is cut where its length is over. */
function withoutStretches(text: string, stretches: ReadonlySet<string>): string {
  let rest = '';
  let keptTo = 0;
  for (let at = 0; at + RECOGNISABLE_LENGTH <= text.length; at += 1) {
    if (!stretches.has(text.slice(at, at + RECOGNISABLE_LENGTH))) continue;
    // What overlaps the last part that was found belongs to it.
    if (at >= keptTo || keptTo === 0) rest += `${text.slice(keptTo, at)}${HIDDEN}`;
    keptTo = at + RECOGNISABLE_LENGTH;
  }
  return keptTo === 0 ? text : rest + text.slice(keptTo);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
