// The numbered sentences in the heads of modules, which docs/INVARIANTS.md repeats and which tests are named after.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from '@jest/globals';

const DOCUMENT = 'docs/INVARIANTS.md';

interface Module {
  readonly file: string;
  /** Without their numbers, in their order. */
  readonly sentences: readonly string[];
}

const modules = filesUnder('src', 'actors', 'db')
  .map((file): Module => ({ file, sentences: sentencesOf(readFileSync(file, 'utf8'), file) }))
  .filter(({ sentences }) => sentences.length > 0);
const names = filesUnder('tests')
  .filter((file) => file !== 'tests/invariants.test.ts')
  .flatMap((file) => testNamesOf(readFileSync(file, 'utf8')));
const sections = sectionsOf(readFileSync(DOCUMENT, 'utf8'));

describe.each(modules.map((one) => [one.file, one] as const))(
  'The invariants of %s',
  (file, { sentences }) => {
    test('stand in the documentation in the same words and order', () => {
      const numbered = sentences.map((sentence, index) => `${index + 1}. ${sentence}`);
      expect({ [file]: sections.get(file) ?? `no section in ${DOCUMENT}` }).toEqual({ [file]: numbered });
    });

    test('are each held by a test of the same name', () => {
      const untested = sentences.filter((sentence) => {
        const claiming = modules.filter((one) => one.sentences.includes(sentence));
        return names.filter((name) => isNamedAfter(name, sentence)).length < claiming.length;
      });
      expect({ [file]: untested }).toEqual({ [file]: [] });
    });
  },
);

test('the documentation has no section of anything else', () => {
  expect([...sections.keys()].sort()).toEqual(modules.map(({ file }) => file).sort());
});

describe('The sentences of a head', () => {
  it('are read over several lines, up to the first line that belongs to none', () => {
    const head =
      '// What it is.\n//\n// Invariants:\n// 1. One\n//    sentence.\n// 2. Two.\n// More.\n\nimport';
    expect(sentencesOf(head, 'a.ts')).toEqual(['One sentence.', 'Two.']);
    expect(sentencesOf('// What it is.\n\nimport', 'a.ts')).toEqual([]);
  });

  it.each([
    ['begin with another number than 1', '// 2. One.'],
    ['leave a number out', '// 1. One.\n// 3. Two.'],
    ['stand in two lists', '// 1. One.\n\nconst a = 1;\n// 2. Two.'],
  ])('are refused where they %s', (_, text) => {
    expect(() => sentencesOf(text, 'a.ts')).toThrow('a.ts: sentences are numbered from 1 in one list');
  });
});

describe('A test', () => {
  const source = `
    it('1. A candidate\\'s deltas are exact.', () => {});
    it.each([[1, 'no name'], [2, "no name"]])(
      'known is known: %s', (_) => {});
    test("nothing is lost (twice)", () => {});
    // it('not this one', () => {});
    it.skip('nor this one', () => {});
    describe('nor this', () => expect('nor that').toBe(1));`;

  it('is found by its name, however it is written', () => {
    expect(testNamesOf(source)).toEqual([
      "1. A candidate's deltas are exact.",
      'known is known: %s',
      'nothing is lost (twice)',
    ]);
  });

  it.each([
    ["1. A candidate's deltas are exact.", "A candidate's deltas are exact.", true],
    ["a candidate's deltas are exact", "A candidate's deltas are exact.", true],
    ['known is known: %s', 'Known is known.', true],
    ['nothing is lost (twice)', 'Nothing is lost.', true],
    ['1. Nothing is lost. It is found.', 'Nothing is lost.', true],
    ['nothing is lost, or little', 'Nothing is lost.', false],
    ['nearly nothing is lost', 'Nothing is lost.', false],
    ['nothing', 'Nothing is lost.', false],
  ])('named "%s" holds "%s": %s', (name, sentence, isHeld) => {
    expect(isNamedAfter(name, sentence)).toBe(isHeld);
  });
});

function filesUnder(...folders: readonly string[]): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...folders], {
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file.endsWith('.ts') && existsSync(file));
}

function sentencesOf(text: string, file: string): readonly string[] {
  const lines = text.split('\n');
  const isNumbered = (line: string) => /^\/\/ \d+\. /.test(line);
  const sentences: string[] = [];
  const numbers: number[] = [];
  for (const line of lines.slice(Math.max(0, lines.findIndex(isNumbered)))) {
    const [, number, begun] = /^\/\/ (\d+)\. (.*)$/.exec(line) ?? [];
    const [, more] = /^\/\/ {4,}(\S.*)$/.exec(line) ?? [];
    if (number !== undefined && begun !== undefined) {
      numbers.push(Number(number));
      sentences.push(begun);
    } else if (more !== undefined && sentences.length > 0) sentences.push(`${sentences.pop()} ${more}`);
    else break;
  }
  const isInTurn = numbers.every((number, index) => number === index + 1);
  if (!isInTurn || numbers.length !== lines.filter(isNumbered).length)
    throw new Error(`${file}: sentences are numbered from 1 in one list, found ${numbers.join(', ')}`);
  return sentences;
}

/** The names of tests that run, as they are written: `%s` is still in them. */
function testNamesOf(source: string): readonly string[] {
  const code = source.replaceAll(/^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/(?:\bit|\btest|\))\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return [...found].map(([, , name = '']) => name.replaceAll(/\\(.)/g, '$1').replaceAll(/\s+/g, ' '));
}

/** A name is the sentence, numbered or not, and nothing, or more in another sentence, after a colon or in brackets. */
function isNamedAfter(name: string, sentence: string): boolean {
  const said = bare(name.replace(/^\d+\. /, ''));
  const wanted = bare(sentence);
  return said === wanted || ['. ', ': ', ' ('].some((more) => said.startsWith(wanted + more));
}

function bare(text: string): string {
  const words = text.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}

/** Lines of each section, by the module in its heading. */
function sectionsOf(document: string): ReadonlyMap<string, readonly string[]> {
  const [, ...parts] = document.split(/^## /m);
  return new Map(
    parts.map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      return [heading.replaceAll('`', '').trim(), lines.filter((line) => line.trim() !== '')];
    }),
  );
}
