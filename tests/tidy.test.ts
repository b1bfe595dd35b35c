import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';

/** The design as a table: what each folder may import besides itself. The longest matching folder decides. */
const PORT = ['src/domain', 'src/exchanges', 'src/platform', 'src/resilience'];
const CORE = ['src/domain', 'src/platform', 'src/resilience', 'src/exchanges'];
const ADAPTERS = [
  'src/exchanges/coinbase',
  'src/exchanges/dydx',
  'src/exchanges/solana',
  'src/exchanges/statement',
];
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/domain': [],
  'src/platform': ['src/domain'],
  'src/resilience': ['src/domain', 'src/platform'],
  'src/exchanges': ['src/domain', 'src/platform', 'src/resilience'],
  'src/exchanges/stream': ['src/domain', 'src/platform', 'src/resilience'],
  'src/exchanges/coinbase': [...PORT, 'src/exchanges/stream'],
  'src/exchanges/dydx': [...PORT, 'src/exchanges/stream'],
  'src/exchanges/solana': PORT,
  'src/exchanges/statement': PORT,
  'src/exchanges/simulated': [...PORT, ...ADAPTERS],
  db: ['src/domain'],
  'actors/messages': ['src/domain'],
  'actors/supervision': ['src/domain'],
  actors: [...CORE, 'actors/messages', 'actors/supervision'],
  'src/replay': [...CORE, 'src/exchanges/simulated', 'actors', 'actors/messages', 'db', 'src/app'],
  'src/app': [
    ...CORE,
    ...ADAPTERS,
    'src/exchanges/stream',
    'actors',
    'actors/messages',
    'actors/supervision',
    'db',
    'src/replay',
    'src/report',
  ],
  'src/demo': [
    ...CORE,
    ...ADAPTERS,
    'src/exchanges/simulated',
    'actors/messages',
    'src/app',
    'src/replay',
    'db',
  ],
  'src/incidents': ['src/domain', 'src/platform'],
  'src/report': ['src/domain'],
  'src/cli': [...CORE, 'src/app', 'src/report', 'src/replay', 'src/demo', 'src/incidents', 'db'],
  src: [
    'src/app',
    'src/domain',
    'src/exchanges',
    'src/platform',
    'src/replay',
    'actors/messages',
    'src/exchanges/simulated',
  ],
};

/** Packages kept to the folders that exist because of them. */
const MAY_USE: Record<string, readonly string[]> = {
  xstate: ['actors', 'actors/supervision', 'src/platform', 'src/app', 'src/replay'],
  kysely: ['db', 'db/migrations'],
  'better-sqlite3': ['db'],
  'prom-client': ['src/app'],
  nodemailer: ['src/app'],
  zod: [
    'src/exchanges/coinbase',
    'src/exchanges/dydx',
    'src/exchanges/solana',
    // A face checks what comes over the wire, as an adapter does.
    'src/exchanges/simulated',
    'src/app',
    'src/cli',
    'src/replay',
  ],
  'big.js': ['src/domain'],
  commander: ['src/cli'],
  yalps: ['src/domain'],
  luxon: ['src/domain'],
  quadprog: ['src/domain'],
  'ml-hclust': ['src/domain'],
  'ml-matrix': ['src/domain'],
  litesvm: ['src/exchanges/simulated'],
  ws: ['src/exchanges/stream'],
  echarts: ['src/report'],
};

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  readonly except: readonly string[];
}

const BANNED: readonly Ban[] = [
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)|(?<!\.|#)\bsetTimeout\(/,
    instead: 'the clock you were given',
    except: ['src/platform/clock.ts'],
  },
  {
    pattern: /\bMath\.random\(|\brandomUUID\(/,
    instead: 'the random source you were given',
    except: ['src/platform/random.ts'],
  },
  { pattern: /\bparseFloat\(/, instead: 'amount', except: [] },
  { pattern: /\bsendParent\(|actions: async/, instead: 'an Address, an invoked promise', except: [] },
  { pattern: /'\*':/, instead: 'a named message', except: ['actors/supervision/supervised.ts'] },
  { pattern: /export default|export \* from/, instead: 'a named export', except: [] },
  {
    pattern: /import \{ z \} from 'zod'/,
    instead: "import * as z: what is not used, such as zod's messages in fifty languages, is not bundled",
    except: [],
  },
];

const LINES_MAX = 300;
/** What docs/adding-a-venue.md says of it. */
const EXAMPLE_LINES_MAX = 150;

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'actors', 'db'],
  { encoding: 'utf8' },
);

test.each(files.split('\n').filter((file) => file.endsWith('.ts')))('%s is tidy', (file) => {
  expect(untidiness(file, readFileSync(file, 'utf8'))).toEqual([]);
});

test('the command line loads no package but commander until it knows the command', () => {
  expect(packagesFrom('src/cli/main.ts')).toEqual(['commander']);
});

test('a configuration is read without the calendars of zones, which take as long to load as the rest', () => {
  expect(packagesFrom('src/app/configuration-schema.ts')).toEqual(['big.js', 'zod']);
});

/** The packages that are loaded with a module. */
function packagesFrom(file: string): readonly string[] {
  const loaded = new Set([file]);
  const packages = new Set<string>();
  for (const each of loaded) {
    for (const specifier of importedAtOnce(readFileSync(each, 'utf8'))) {
      if (specifier.startsWith('.')) loaded.add(join(dirname(each), specifier));
      else if (!specifier.startsWith('node:')) packages.add(specifier);
    }
  }
  return [...packages].sort();
}

/** What a module names in imports and exports that are no types; not what it imports when it is needed. */
function importedAtOnce(text: string): readonly string[] {
  const imports = text.matchAll(/^(?:import|export)(?! type\b) (?:[^;'=(]*? from )?'([^']+)'/gm);
  return [...imports].map(([, specifier = '']) => specifier);
}

test('the worked example of a venue stays one that is read in a sitting', () => {
  const own = files.split('\n').filter((file) => file.startsWith('src/exchanges/statement/'));
  expect(own.length).toBeGreaterThan(0);
  const lines = own.flatMap((file) => codeOf(readFileSync(file, 'utf8')));
  expect(lines.length).toBeLessThanOrEqual(EXAMPLE_LINES_MAX);
});

/** Lines that are neither blank nor comments. */
const codeOf = (text: string): readonly string[] =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/.*)?$/.test(line));

function untidiness(file: string, text: string): string[] {
  const folder = folderOf(file);
  const complaints: string[] = [];
  for (const [, specifier = ''] of text.matchAll(/(?:\bfrom|\bimport\()\s*'([^']+)'/g)) {
    const target = specifier.startsWith('.') ? folderOf(join(dirname(file), specifier)) : undefined;
    if (target && target !== folder && !MAY_IMPORT[folder]?.includes(target)) {
      complaints.push(`${folder} may not import ${target}`);
    }
    if (!target && MAY_USE[specifier] && !MAY_USE[specifier].includes(folder)) {
      complaints.push(`${folder} may not use ${specifier}`);
    }
  }
  for (const { pattern, instead, except } of BANNED) {
    if (pattern.test(text) && !except.includes(file))
      complaints.push(`${pattern.source} is banned: use ${instead}`);
  }
  const lines = text.split('\n').length;
  if (lines > LINES_MAX) complaints.push(`${lines} lines, at most ${LINES_MAX}`);
  return complaints;
}

function folderOf(path: string): string {
  const folders = Object.keys(MAY_IMPORT).filter((folder) =>
    `${relative('.', path)}/`.startsWith(`${folder}/`),
  );
  return folders.sort((a, b) => b.length - a.length)[0] ?? `no known folder (${path})`;
}
