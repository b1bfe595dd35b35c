export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const VALUE = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  counter: [''],
  gauge: [''],
};

/** Reads the text format of Prometheus, version 0.0.4, and refuses every line that is not of it. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family & { readonly samples: Sample[] }>();
  const seen = new Set<string>();
  const helps = new Map<string, string>();
  for (const line of text.split('\n')) {
    const refuse = (why: string): never => {
      throw new Error(`${why}: ${JSON.stringify(line)}`);
    };
    if (line === '') continue;
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (!NAME.test(name) || rest === '' || helps.has(name)) refuse('no help, or a second one');
      helps.set(name, rest);
    } else if (word === 'TYPE') {
      const help = helps.get(name) ?? refuse('a type without its help before it');
      if (!(rest in SUFFIXES) || families.has(name)) refuse('an unknown type, or a second one');
      families.set(name, { name, help, type: rest, samples: [] });
    } else {
      const [, sampleName = '', labelText = '', value = ''] = SAMPLE.exec(line) ?? refuse('no sample');
      if (!VALUE.test(value)) refuse('no value');
      // Samples stand under the type of their family, which is the last one.
      const family = [...families.values()].at(-1) ?? refuse('a sample without a type before it');
      const isOwn = SUFFIXES[family.type]?.some((suffix) => sampleName === family.name + suffix);
      if (!isOwn) refuse(`a sample of another family than ${family.name}`);
      const key = `${sampleName}{${labelText}}`;
      if (seen.has(key)) refuse('the same sample again');
      seen.add(key);
      family.samples.push({ name: sampleName, labels: labelsOf(labelText, refuse), value: numberOf(value) });
    }
  }
  return families;
}

function labelsOf(text: string, refuse: (why: string) => never): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? refuse(`no label at ${at}`);
    if (name in labels) refuse(`the label ${name} twice`);
    labels[name] = value.replace(/\\(["\\n])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

const numberOf = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);

/** The value of one sample; undefined where there is none. */
export function sampleOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name.replace(/_(?:bucket|sum|count)$/, '')) ?? families.get(name);
  return family?.samples.find(
    (sample) =>
      sample.name === name &&
      Object.keys(sample.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}
