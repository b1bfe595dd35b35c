// A JSON document that can be changed in any place, also into text that JavaScript could not write.

/** JSON text that is written as it is: a number that no double holds, or no JSON at all. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Holder = Record<string, unknown> | unknown[];

/** A value inside a document, and how to change it. */
export interface Place {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly holder: Holder;
  set(value: unknown): void;
  drop(): void;
}

/** Every value of a document but the document itself. */
export function placesIn(document: unknown): readonly Place[] {
  const places: Place[] = [];
  collect(document, [], places);
  return places;
}

function collect(value: unknown, path: readonly string[], places: Place[]): void {
  if (typeof value !== 'object' || value === null || value instanceof Raw) return;
  const holder = value as Holder;
  for (const [key, member] of Object.entries(holder)) {
    const at = [...path, key];
    places.push({
      path: at,
      value: member,
      holder,
      set: (to) => put(holder, key, to),
      drop: () => drop(holder, key),
    });
    collect(member, at, places);
  }
}

/** Puts a member under any key: `__proto__` too becomes a key of its own. */
export function put(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder)) holder[Number(key)] = value;
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function drop(holder: Holder, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

/** The document as text, raw parts as they are. */
export function textOf(document: unknown): string {
  const raws: string[] = [];
  const text = JSON.stringify(document, (_key, value: unknown) => {
    if (!(value instanceof Raw)) return value;
    raws.push(value.text);
    return `${MARK}${raws.length - 1}${MARK}`;
  });
  // A split and not a replacement: raw text may be millions of characters long and hold dollar signs.
  return text
    .split(`"${MARK}`)
    .map((part, index) => {
      if (index === 0) return part;
      const end = part.indexOf(`${MARK}"`);
      return `${raws[Number(part.slice(0, end))]}${part.slice(end + MARK.length + 1)}`;
    })
    .join('');
}

const MARK = '§raw§';
