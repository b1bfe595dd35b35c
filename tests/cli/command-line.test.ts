import { describe, expect, it, test } from '@jest/globals';
import { Secret } from '../../src/app/secret.ts';
import type { CommandRegistration } from '../../src/cli/command-context.ts';
import { CommandFailure } from '../../src/cli/command-failure.ts';
import { assert } from '../../src/domain/assert.ts';
import { runInProcess, withConfiguration } from './command-line.ts';

const PLANTED = 'planted-c0ffee-secret-that-nobody-may-see';

/** A command that does what a test says. */
const command =
  (
    act: Parameters<CommandRegistration>[1] extends infer Context ? (context: Context) => void : never,
  ): CommandRegistration =>
  (program, context) => {
    program
      .command('act')
      .option('--json')
      .action(() => act(context));
  };

describe('usage', () => {
  it.each([
    [['snapshto'], "unknown command 'snapshto'; Did you mean snapshot?"],
    [['config', 'chekc', 'x'], "unknown command 'chekc'; Did you mean check?"],
    [
      ['snapshot', '--confg', 'x'],
      "required option '--config <file>' not specified; did you write --confg for it?",
    ],
    [['config', 'example', '--jsn'], "unknown option '--jsn'; Did you mean --json?"],
    [['snapshot', '--config', 'x'], "required option '--venue <id>' not specified"],
    [['snapshot', '--config'], "option '--config <file>' argument missing"],
    [['config', 'check'], "missing required argument 'file'"],
    [['config', 'example', 'more'], "too many arguments for 'example'. Expected 0 arguments but got 1."],
  ])('%j is refused with exit code 2 and a reason', async (words, reason) => {
    const people = await runInProcess(words);
    expect(people).toMatchObject({ exitCode: 2, out: '' });
    expect(people.err).toContain(`trueup: ${reason}`);
    const program = await runInProcess([...words, '--json']);
    if (words.at(-1) === '--config') return;
    expect(program).toMatchObject({ exitCode: 2, err: '' });
    expect(JSON.parse(program.out)).toEqual({ error: { kind: 'usage', message: reason } });
  });

  it.each([
    [['--help']],
    [['help']],
    [['snapshot', '--help']],
    [['config', '--help']],
    [['config', 'check', '-h']],
  ])('%j prints help on stdout and is done', async (words) => {
    const ended = await runInProcess(words);
    expect(ended).toMatchObject({ exitCode: 0, err: '' });
    expect(ended.out).toContain('Usage: trueup');
  });

  test('every command has an example, the option --json and its exit codes in its help', async () => {
    for (const words of [['snapshot'], ['config', 'example'], ['config', 'check']]) {
      const { out } = await runInProcess([...words, '--help']);
      expect(out).toMatch(new RegExp(`Examples?:\n  \\$ trueup ${words.join(' ')}`));
      expect(out).toContain('--json');
      expect(out).toContain('Exit codes:');
    }
  });

  test.each([[[]], [['config']]])(
    '%j, without a command, prints help on stderr and is refused',
    async (words) => {
      const ended = await runInProcess(words);
      expect(ended).toMatchObject({ exitCode: 2, out: '' });
      expect(ended.err).toContain('Usage: trueup');
    },
  );

  test('an option alone is refused with one JSON document', async () => {
    const ended = await runInProcess(['--json']);
    expect(ended).toMatchObject({ exitCode: 2, err: '' });
    expect(JSON.parse(ended.out).error.kind).toBe('usage');
  });

  test('--version prints the version', async () => {
    expect(await runInProcess(['--version'])).toEqual({ exitCode: 0, out: '1.2.3\n', err: '' });
  });
});

describe('failures', () => {
  const failing = command((context) => {
    context.protect([
      new Secret(PLANTED),
      new Secret(`-----BEGIN KEY-----\n${PLANTED}-line\n-----END KEY-----`),
    ]);
    throw new Error(`the venue said ${PLANTED} and ${PLANTED}-line`);
  });

  it('are one message without a stack and without a secret', async () => {
    const ended = await runInProcess(['act'], { commands: [failing] });
    expect(ended).toEqual({
      exitCode: 1,
      out: '',
      err: 'trueup: the venue said [secret] and [secret]-line\n',
    });
  });

  it('are one JSON document with --json', async () => {
    const { exitCode, out, err } = await runInProcess(['act', '--json'], { commands: [failing] });
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: '' });
    expect(JSON.parse(out)).toEqual({
      error: { kind: 'failed', message: 'the venue said [secret] and [secret]-line' },
    });
  });

  it('show the stack on stderr with TRUEUP_DEBUG, still without a secret', async () => {
    const environment = { TRUEUP_DEBUG: '1' };
    const { err } = await runInProcess(['act'], { commands: [failing], environment });
    expect(err).toContain('    at ');
    expect(err).not.toContain(PLANTED);
  });

  it('are called internal where an invariant is broken', async () => {
    const broken = command(() => assert(false, 'water is wet'));
    const { exitCode, out } = await runInProcess(['act', '--json'], { commands: [broken] });
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toEqual({ error: { kind: 'internal', message: 'water is wet' } });
  });

  it('do not add a second document to one that was printed', async () => {
    const late = command((context) => {
      context.output.document({ first: true });
      throw new CommandFailure('failed', 'too late');
    });
    const { exitCode, out } = await runInProcess(['act', '--json'], { commands: [late] });
    expect({ exitCode, document: JSON.parse(out) }).toEqual({ exitCode: 1, document: { first: true } });
  });
});

describe('output', () => {
  const painting = command((context) => context.output.line(context.output.style.bad('red')));
  const paint = async (isTerminal: boolean, environment: Record<string, string> = {}) =>
    (await runInProcess(['act'], { commands: [painting], isTerminal, environment })).out;

  it('is coloured on a terminal only, and never with NO_COLOR', async () => {
    expect(await paint(true)).toBe('\u001b[31mred\u001b[39m\n');
    expect(await paint(true, { NO_COLOR: '1' })).toBe('red\n');
    expect(await paint(true, { TERM: 'dumb' })).toBe('red\n');
    expect(await paint(false)).toBe('red\n');
  });
});

describe('trueup config', () => {
  it('prints an example that it finds valid itself', async () => {
    const example = await runInProcess(['config', 'example']);
    expect(example).toMatchObject({ exitCode: 0, err: '' });
    const asJson = await runInProcess(['config', 'example', '--json']);
    expect(JSON.parse(asJson.out)).toEqual(JSON.parse(example.out));
    await withConfiguration(example.out, async (path) => {
      const checked = await runInProcess(['config', 'check', path]);
      expect(checked).toMatchObject({ exitCode: 0, err: '' });
      expect(checked.out).toContain(
        'venues: coinbase (coinbase), wallet (coinbase-wallet), dydx (dydx), solana (solana)',
      );
    });
  });

  it('names each problem of a wrong file and exits with 2, without a secret', async () => {
    const coinbase = {
      id: 'cb',
      kind: 'coinbase',
      credentials: { keyName: 1, privateKey: PLANTED },
      baseURL: PLANTED,
    };
    await withConfiguration({ venues: [coinbase] }, async (path) => {
      const people = await runInProcess(['config', 'check', path]);
      expect(people).toMatchObject({ exitCode: 2, out: '' });
      expect(people.err.split('\n')).toEqual([
        `trueup: the configuration ${path} is wrong`,
        '  venues[0].credentials.keyName: expected the name of an API key, found a value that is not shown',
        '  venues[0].baseURL: expected a known key, perhaps "baseUrl", found an unknown key',
        '',
      ]);
      const program = await runInProcess(['config', 'check', path, '--json']);
      expect(program).toMatchObject({ exitCode: 2, err: '' });
      const { error } = JSON.parse(program.out);
      expect(error.kind).toBe('configuration');
      expect(error.problems).toHaveLength(2);
      expect(people.err + program.out).not.toContain(PLANTED);
    });
  });
});
