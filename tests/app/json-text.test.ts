import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonText } from '../../src/app/json-text.ts';

describe('JSON text', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const expected: unknown = JSON.parse(text);
        fc.pre(!text.includes('"//'));
        expect(parseJsonText(text)).toEqual({ ok: true, value: expected });
      }),
    );
  });

  it('is refused exactly where JSON.parse refuses it, when one character is changed', () => {
    const change = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[]",:\\x0-. \n\u0001'));
    fc.assert(
      fc.property(change, ([text, at, character]) => {
        const index = at % (text.length + 1);
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        const read = parseJsonText(changed);
        const isTwice = !read.ok && read.expected.includes('twice');
        fc.pre(!isTwice && !changed.includes('"//'));
        expect(read.ok).toBe(isJson(changed));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['', 1, 1, 'a value', 'the end of the file'],
    ['{"a": 1,}', 1, 9, 'text in double quotes', 'something else'],
    ['{"a" 1}', 1, 6, '":"', 'something else'],
    ['[1\n 2]', 2, 2, '"," or "]"', 'something else'],
    ['{}\n{}', 2, 1, 'the end of the file', 'something else'],
    ['[01]', 1, 2, 'a value', 'something else'],
    ['["a\nb"]', 1, 2, 'text in double quotes', 'something else'],
    ['{"a":{"b":1,"b":2}}', 1, 13, 'a key that does not stand twice in one object', 'something else'],
    ['['.repeat(100), 1, 66, 'at most 64 levels', 'something else'],
    ['{"a": [1,\n', 2, 1, 'a value', 'the end of the file'],
    ['{"a": 1', 1, 8, '"," or "}"', 'the end of the file'],
    ['{"a"', 1, 5, '":"', 'the end of the file'],
    ['{"a": "b, "c', 1, 12, '"," or "}"', 'something else'],
    ['{"a": "b', 1, 7, 'text in double quotes', 'text without its closing quote'],
    ['{"a": "b\\"', 1, 7, 'text in double quotes', 'text without its closing quote'],
  ])(
    'names the place, what was expected and where the text ends: %j',
    (text, line, column, expected, found) => {
      expect(parseJsonText(text)).toEqual({ ok: false, line, column, expected, found });
    },
  );

  it.each([
    ['of one long text', 'x'.repeat(20_000_000), true],
    ['of one long text with escapes', '\\n'.repeat(5_000_000), true],
    ['of one long text with a mistake at its end', `${'x'.repeat(20_000_000)}\n`, false],
    ['of one long text that does not end', `${'x'.repeat(20_000_000)}\\`, false],
  ])('%s is read or refused, whatever its length', (_which, text, isRead) => {
    const read = parseJsonText(`["${text}"]`);
    expect(read.ok).toBe(isRead);
    if (!read.ok) expect(read).toMatchObject({ line: 1, column: 2, expected: 'text in double quotes' });
  });

  it('leaves comments out, however often a comment key stands', () => {
    expect(parseJsonText('{"//":1,"//":2,"a":[{"//b":"c"}]}')).toEqual({ ok: true, value: { a: [{}] } });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
