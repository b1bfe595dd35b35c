import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TargetFileReader } from '../../src/app/targeting/follow-target-files.ts';
import { readReturns } from '../../src/app/targeting/read-returns.ts';
import { parseSignals, readSignalFile } from '../../src/app/targeting/read-signals.ts';

const CSV = 'day,BTC,ETH\n2026-01-01,0.01,-0.02\n2026-01-02,-1e-3,0\n';

describe('a file of returns', () => {
  it('is read as CSV and as JSON, to the end of its last day', () => {
    const read = {
      state: 'read',
      returns: { BTC: [0.01, -0.001], ETH: [-0.02, 0] },
      observations: 2,
      endsAtMs: Date.UTC(2026, 0, 3),
    };
    expect(readReturns('r.csv', CSV)).toEqual({ ...read, source: 'r.csv' });
    expect(readReturns('r.csv', `\ufeff${CSV.replaceAll('\n', '\r\n')}`)).toEqual({
      ...read,
      source: 'r.csv',
    });
    const { returns } = read;
    const json = JSON.stringify({ days: ['2026-01-01', '2026-01-02'], returns });
    expect(readReturns('r.json', json)).toEqual({ ...read, source: 'r.json' });
  });

  it.each([
    ['no end', 'r.csv', CSV.trimEnd(), 'expected lines with their line breaks, found no end'],
    ['another header', 'r.csv', 'date,BTC\n2026-01-01,1\n', 'line 1: expected a header such as day,BTC,ETH'],
    ['a name twice', 'r.csv', 'day,BTC,BTC\n2026-01-01,1,1\n', 'line 1: expected a header'],
    ['a header alone', 'r.csv', 'day,BTC\n', 'expected a line for each day, found none'],
    ['a hole', 'r.csv', 'day,BTC,ETH\n2026-01-01,0.1,\n', 'line 2: expected day,BTC,ETH with a number'],
    ['a word', 'r.csv', 'day,BTC\n2026-01-01,NaN\n', 'line 2: expected day,BTC with a number'],
    ['a day that is none', 'r.csv', 'day,BTC\n2026-02-30,0.1\n', 'day 1: expected a day such as'],
    ['a day twice', 'r.csv', 'day,BTC\n2026-01-01,0.1\n2026-01-01,0.2\n', 'day 2: expected a later day'],
    ['days backwards', 'r.csv', 'day,BTC\n2026-01-02,0.1\n2026-01-01,0.2\n', 'day 2: expected a later day'],
    ['nothing in it', 'r.csv', '', 'expected a header such as day,BTC,ETH, found an empty file'],
    [
      'JSON that is cut off',
      'r.json',
      '{"days": [',
      'line 1, column 11: expected a value, found the end of the file',
    ],
    [
      'uneven series',
      'r.json',
      '{"days":["2026-01-01"],"returns":{"BTC":[1,2]}}',
      'BTC: expected 1 returns, found 2',
    ],
    [
      'text for numbers',
      'r.json',
      '{"days":["2026-01-01"],"returns":{"BTC":["1"]}}',
      'returns.BTC[0]: expected a return',
    ],
  ])('is unread with %s', (_, source, text, reason) => {
    const read = readReturns(source, text);
    expect(read).toMatchObject({ state: 'unread', source, reason: expect.stringContaining(reason) });
  });

  it('names no place in it where the whole file is something else', () => {
    expect(readReturns('r.json', '[]')).toMatchObject({ reason: 'expected an object, found an empty list' });
  });
});

const SIGNAL = {
  source: 'desk',
  asset: 'BTC',
  direction: 'long',
  strength: 0.5,
  confidence: 0.8,
  at: '2026-01-01T00:00:00Z',
  expiresAt: 1_767_312_000_000,
};

describe('signals', () => {
  it('have times as text or as milliseconds', () => {
    const { at: _, expiresAt: __, ...rest } = SIGNAL;
    const signals = [{ ...rest, atMs: Date.UTC(2026, 0, 1), expiresAtMs: Date.UTC(2026, 0, 2) }];
    expect(parseSignals([SIGNAL])).toEqual(signals);
    expect(readSignalFile('s.json', JSON.stringify([SIGNAL]))).toEqual(signals);
  });

  it.each([
    ['no list', SIGNAL, 'signals: expected a list'],
    ['another direction', [{ ...SIGNAL, direction: 'up' }], 'signals: [0].direction: expected one of "long"'],
    [
      'a strength above 1',
      [{ ...SIGNAL, strength: 2 }],
      'signals: [0].strength: expected a fraction between 0 and 1',
    ],
    [
      'an end before its time',
      [{ ...SIGNAL, expiresAt: 1 }],
      'signals: [0].expiresAt: expected a time after "at"',
    ],
    ['no end', [{ ...SIGNAL, expiresAt: undefined }], 'signals: [0].expiresAt: expected a date such as'],
    ['an unknown key', [{ ...SIGNAL, sort: 1 }], 'signals: [0].sort: expected one of "source"'],
  ])('are refused with %s', (_, raw, message) => {
    expect(() => parseSignals(raw)).toThrow(message);
  });
});

const SIGNALS_CSV = `source,asset,direction,strength,confidence,at,expiresAt
desk,BTC,long,0.5,0.8,2026-01-01T00:00:00Z,1767312000000
`;

describe('a CSV file of signals', () => {
  it('says what the same in JSON says, whatever the order of its columns', () => {
    const signals = parseSignals([SIGNAL]);
    expect(readSignalFile('s.csv', SIGNALS_CSV)).toEqual(signals);
    expect(readSignalFile('s.CSV', `\ufeff${SIGNALS_CSV.replaceAll('\n', '\r\n')}`)).toEqual(signals);
    const turned = SIGNALS_CSV.split('\n')
      .map((line) => line.split(',').reverse().join(','))
      .join('\n');
    expect(readSignalFile('s.csv', turned)).toEqual(signals);
  });

  it.each([
    ['no end', SIGNALS_CSV.trimEnd(), 's.csv: line 2: expected lines with their line breaks, found no end'],
    ['another header', 'source,asset\n', 's.csv: line 1: expected a header with source,asset,direction'],
    ['a column twice', SIGNALS_CSV.replace('strength', 'asset'), 's.csv: line 1: expected a header'],
    ['nothing', '', 's.csv: line 1: expected a header'],
    ['a value too few', SIGNALS_CSV.replace(',0.8', ''), 's.csv: line 2: expected 7 values'],
    [
      'an empty line',
      `${SIGNALS_CSV}\n`,
      's.csv: line 3: expected 7 values without commas in them, found nothing',
    ],
    [
      'a word',
      SIGNALS_CSV.replace('0.5', 'much'),
      's.csv: line 2: strength: expected a fraction between 0 and 1, found "much"',
    ],
    [
      'a time without a zone',
      SIGNALS_CSV.replace('T00:00:00Z', 'T00:00:00'),
      's.csv: line 2: at: expected a date such as',
    ],
    [
      'an end before its time',
      SIGNALS_CSV.replace('1767312000000', '1'),
      's.csv: line 2: expiresAt: expected a time after "at"',
    ],
  ])('is refused with %s', (_, text, message) => {
    expect(() => readSignalFile('s.csv', text)).toThrow(message);
  });
});

describe('the reader of target files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'targets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('tells what is new, and what cannot be read as a problem: returns as unread, too', async () => {
    const problems: string[] = [];
    const file = (name: string) => ({ name, path: join(folder, name) });
    const returns = { ...file('r.csv'), uses: ['targets', 'covariance'] as const };
    const files = { returns: [returns], signals: file('s.json') };
    const reader = new TargetFileReader(files, (problem) => problems.push(problem));
    expect(await reader.read()).toMatchObject({
      returns: [
        {
          returns: { state: 'unread', reason: 'it cannot be read, ENOENT' },
          uses: ['targets', 'covariance'],
        },
      ],
      signals: null,
    });
    expect(problems).toEqual(['r.csv: it cannot be read, ENOENT', 's.json: it cannot be read, ENOENT']);
    writeFileSync(returns.path, CSV);
    writeFileSync(files.signals.path, JSON.stringify([SIGNAL]));
    expect(await reader.read()).toMatchObject({
      returns: [{ returns: { state: 'read' } }],
      signals: { by: 's.json', signals: [{ source: 'desk' }] },
    });
    expect(await reader.read()).toEqual({ returns: [], signals: null });
    writeFileSync(files.signals.path, '[{}]');
    expect(await reader.read()).toEqual({ returns: [], signals: null });
    expect(problems.at(-1)).toContain('s.json: [0].source: expected the name of a source');
  });
});
