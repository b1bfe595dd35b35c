// Seeded changes of a venue's answers: of a value, of the text, and of what comes with it.

import type { Random } from '../../../src/platform/random.ts';
import { below, isDrawn, oneOf } from './draw.ts';
import { ECHO, type GoodAnswer, type Mutated, type ServedAnswer } from './fuzz-answer.ts';
import { placesIn, textOf } from './fuzz-document.ts';
import { changeValue, type ValueChange } from './value-mutations.ts';

const HUGE_CHARACTERS = 10 * 1_024 * 1_024;
/** Below the half per cent of runs that may carry one. */
const HUGE_SHARE = 0.0035;
const SEVERAL_SHARE = 0.15;

const STATUSES = [
  201, 202, 203, 206, 204, 301, 302, 304, 307, 400, 401, 403, 404, 408, 409, 410, 418, 422, 429, 500, 502,
  503, 504, 599, 999,
];
const CONTENT_TYPES = [
  'text/html',
  'text/plain; charset=utf-16',
  'application/octet-stream',
  'image/png',
  '',
  'application/json; charset=shift_jis',
  'x',
];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    'date',
    [
      '',
      'garbage',
      'Thu, 01 Jan 1970 00:00:00 GMT',
      'Fri, 31 Dec 9999 23:59:59 GMT',
      '0',
      '-1',
      '1e20',
      '2024-13-45',
      'NaN',
    ],
  ],
  [
    'retry-after',
    ['', '-1', '0', '1e9', '999999', '9999999', 'soon', 'NaN', 'Thu, 01 Jan 1970 00:00:00 GMT', '0.5'],
  ],
  ['ratelimit-reset', ['', '-1', '0', '999999999999', 'x']],
  ['content-encoding', ['gzip', 'br', 'deflate', 'identity', 'nonsense']],
  ['location', ['/elsewhere', 'file:///etc/passwd', 'http://127.0.0.1:1/', '\u00ff']],
];
const GARBAGE = ['}', ']', ' null', '{}', '\u0000', ',', '<!-- -->', '\n\n[]', 'x'];

/** Was nested by an earlier change, beyond what can be walked through here. */
const NESTED = /\[{60}|(?:\{"a":){60}/;

interface Draft {
  readonly text: string;
  readonly served: ServedAnswer;
  readonly what: readonly string[];
  readonly changed: ValueChange['changed'];
}

/** Changes a good answer in one way, and now and then in several. */
export function mutateAnswer(random: Random, good: GoodAnswer): Mutated {
  const times = isDrawn(random, SEVERAL_SHARE) ? 2 + below(random, 3) : 1;
  const served: ServedAnswer = { ...good, isCut: false };
  let draft: Draft = { text: good.body, served, what: [], changed: null };
  if (isDrawn(random, HUGE_SHARE)) draft = inflated(random, draft);
  for (let time = 0; time < times; time += 1) draft = changedOnce(random, draft);
  const { what } = draft;
  const isOnlyChange = what.length === 1;
  return {
    // A body that was not made of bytes on purpose is the text.
    answer: Buffer.isBuffer(draft.served.body) ? draft.served : { ...draft.served, body: draft.text },
    what,
    changed: isOnlyChange ? draft.changed : null,
  };
}

function changedOnce(random: Random, draft: Draft): Draft {
  const kind = random.next();
  if (kind < 0.8) return withValue(random, draft);
  return kind < 0.9 ? withText(random, draft) : withEnvelope(random, draft);
}

function withValue(random: Random, draft: Draft): Draft {
  if (draft.text.length > HUGE_CHARACTERS) return draft;
  if (NESTED.test(draft.text)) return withText(random, draft);
  const document = parsed(draft.text);
  const change = document === undefined ? null : changeValue(random, document);
  if (change === null) return withText(random, draft);
  return { ...draft, text: textOf(document), what: [...draft.what, change.what], changed: change.changed };
}

function withText(random: Random, draft: Draft): Draft {
  const { text } = draft;
  const position = below(random, text.length + 1);
  const say = (what: string, next: string): Draft => ({ ...draft, text: next, what: [...draft.what, what] });
  switch (below(random, 7)) {
    case 0:
      return say(`cut after ${position} characters`, text.slice(0, position));
    case 1:
      return say('garbage at its end', `${text}${oneOf(random, GARBAGE)}`);
    case 2:
      return say('a byte order mark', `\ufeff${text}`);
    case 3:
      return say('empty', '');
    case 4:
      return say('blanks around it', ` \n\t${text}\r\n `);
    case 5:
      return say(
        `a character changed at ${position}`,
        `${text.slice(0, position)}${String.fromCharCode(below(random, 256))}${text.slice(position + 1)}`,
      );
    default: {
      const bytes = Buffer.from(text);
      if (bytes.length > 0) bytes[below(random, bytes.length)] = 0x80 + below(random, 0x80);
      const served = { ...draft.served, body: bytes };
      return { ...draft, served, what: [...draft.what, 'a byte that is no UTF-8'] };
    }
  }
}

function withEnvelope(random: Random, draft: Draft): Draft {
  const { served } = draft;
  const say = (what: string, next: Partial<ServedAnswer>, text = draft.text): Draft => ({
    ...draft,
    text,
    served: { ...served, ...next },
    what: [...draft.what, what],
  });
  switch (below(random, 5)) {
    case 0: {
      const status = oneOf(random, STATUSES);
      return say(`status ${status}`, { status });
    }
    case 1: {
      const type = oneOf(random, CONTENT_TYPES);
      return say(`content type "${type}"`, { headers: { ...served.headers, 'content-type': type } });
    }
    case 2: {
      const [name, values] = oneOf(random, HEADERS);
      const value = oneOf(random, values);
      const status = name === 'retry-after' ? 429 : name === 'location' ? 302 : served.status;
      return say(`${name} "${value}", status ${status}`, {
        status,
        headers: { ...served.headers, [name]: value },
      });
    }
    case 3:
      return say('the connection cut', { isCut: true });
    default: {
      const status = oneOf(random, [200, 400, 401, 403, 404, 429, 500]);
      return say(`the request repeated in it, status ${status}`, { status }, JSON.stringify({ error: ECHO }));
    }
  }
}

function inflated(random: Random, draft: Draft): Draft {
  const huge = oneOf(random, ['x', '9', '\u202e']).repeat(HUGE_CHARACTERS);
  const document = parsed(draft.text);
  const texts = document === undefined ? [] : placesIn(document);
  if (texts.length === 0) return { ...draft, text: `${draft.text}${huge}`, what: ['10 MB at its end'] };
  const place = oneOf(random, texts);
  place.set(huge);
  return { ...draft, text: textOf(document), what: [`${place.path.join('.')} 10 MB long`] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
