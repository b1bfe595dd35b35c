import { createPrivateKey } from 'node:crypto';

/** A piece of a secret is what is long enough to be told from a word. */
const PIECE_LENGTH = 12;

/** What every key of its kind begins with or is wrapped in. */
const PUBLIC_PARTS = /-----(?:[A-Z ]|%20)+-----|organizations(?:\/|%2F)|(?:\/|%2F)apiKeys(?:\/|%2F)/;

/** Texts that a run was given, and what would betray them. */
export interface PlantedSecrets {
  /** Every form in which a secret may come out. */
  readonly forms: readonly string[];
  /** Pieces of secrets that a text holds: none where it leaks nothing. */
  leaksIn(text: string): readonly string[];
}

export function plantSecrets(secrets: readonly string[]): PlantedSecrets {
  const forms = [...new Set(secrets.flatMap(formsOf))];
  const pieces = new Set(forms.flatMap((form) => form.split(PUBLIC_PARTS)).flatMap(piecesOf));
  return {
    forms,
    leaksIn: (text) => [...new Set(piecesOf(text).filter((piece) => pieces.has(piece)))],
  };
}

const linesOf = (secret: string): readonly string[] =>
  secret.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('-----'));

/** Forms in which whoever was sent a secret may quote it. */
export const quotedForms = (secret: string): readonly string[] => [
  secret,
  secret.replaceAll('\n', '\\n'),
  linesOf(secret).join(''),
  ...linesOf(secret),
  encodeURIComponent(secret),
];

function formsOf(secret: string): readonly string[] {
  const bytes = bytesOf(secret, linesOf(secret));
  return [
    ...quotedForms(secret),
    ...(secret.includes('-----BEGIN') ? [createPrivateKey(secret).export({ format: 'jwk' }).d ?? ''] : []),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    ...(bytes === null
      ? []
      : [
          bytes.toString('base64'),
          bytes.toString('base64url'),
          bytes.toString('hex'),
          JSON.stringify([...bytes]),
        ]),
  ];
}

/** The bytes of a key in PEM, hex or base64. */
function bytesOf(secret: string, lines: readonly string[]): Buffer | null {
  if (secret.includes('-----BEGIN')) return Buffer.from(lines.join(''), 'base64');
  if (secret.startsWith('organizations/')) return null;
  if (/^[\da-f]{64}$/.test(secret)) return Buffer.from(secret, 'hex');
  return /^[\w+/-]{40,}={0,2}$/.test(secret) ? Buffer.from(secret, 'base64') : null;
}

function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at + PIECE_LENGTH <= text.length; at += 1) pieces.push(text.slice(at, at + PIECE_LENGTH));
  return pieces;
}
