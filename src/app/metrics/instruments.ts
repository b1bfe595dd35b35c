import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { assert } from '../../domain/assert.ts';

/** One metric: its name, what it counts in plain words, and for each label every value that it may have. */
export interface Described<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<Label, readonly string[]>>;
}

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** What stands for a value that nobody named. */
export const OTHER = 'other';

export interface BoundedCounter<Label extends string> {
  /** Adds one, unless told how much. */
  add(labels: Labels<Label>, by?: number): void;
}

/** A counter that starts at zero for every combination of its labels: since the start, nothing has happened. */
export function boundedCounter<Label extends string>(
  registry: Registry,
  described: Described<Label>,
): BoundedCounter<Label> {
  const counter = new Counter({ ...namesOf(described), registers: [registry] });
  for (const labels of combinationsOf(described)) counter.inc(labels, 0);
  return { add: (labels, by = 1) => counter.inc(bounded(labels, described), by) };
}

export interface BoundedGauge<Label extends string> {
  set(labels: Labels<Label>, value: number): void;
  /** From now on nothing is known: no value is shown, also not zero. */
  clear(): void;
}

/** A gauge that shows nothing until it is set. */
export function boundedGauge<Label extends string>(
  registry: Registry,
  described: Described<Label>,
): BoundedGauge<Label> {
  const gauge = new Gauge({ ...namesOf(described), registers: [registry] });
  // The library resets a gauge without labels to zero, which would be a claim.
  const clear = (): void => {
    gauge.reset();
    if (Object.keys(described.labels).length === 0) gauge.remove();
  };
  clear();
  return {
    clear,
    set: (labels, value) => {
      assert(Number.isFinite(value), `${described.name} is set to a number: ${value}`);
      gauge.set(bounded(labels, described), value);
    },
  };
}

/** Shows which of several states holds: 1 for that one, 0 for the others. */
export function showState<Label extends string>(
  gauge: BoundedGauge<Label | 'state'>,
  labels: Labels<Exclude<Label, 'state'>>,
  { state, states }: { readonly state: string; readonly states: readonly string[] },
): void {
  for (const each of states)
    gauge.set({ ...labels, state: each } as Labels<Label | 'state'>, each === state ? 1 : 0);
}

export interface BoundedHistogram<Label extends string> {
  observe(labels: Labels<Label>, value: number): void;
}

export function boundedHistogram<Label extends string>(
  registry: Registry,
  { buckets, ...described }: Described<Label> & { readonly buckets: readonly number[] },
): BoundedHistogram<Label> {
  const histogram = new Histogram({
    ...namesOf(described),
    buckets: [...buckets],
    registers: [registry],
  });
  for (const labels of combinationsOf(described)) histogram.zero(labels);
  return { observe: (labels, value) => histogram.observe(bounded(labels, described), value) };
}

function namesOf<Label extends string>({ name, help, labels }: Described<Label>) {
  return { name, help, labelNames: Object.keys(labels) as Label[] };
}

function bounded<Label extends string>(
  given: Labels<Label>,
  { labels }: Described<Label>,
): Record<Label, string> {
  const entries = (Object.keys(labels) as Label[]).map((label) => {
    const value = given[label];
    return [label, labels[label].includes(value) ? value : OTHER];
  });
  return Object.fromEntries(entries);
}

function combinationsOf<Label extends string>({ labels }: Described<Label>): Record<Label, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries<readonly string[]>(labels))
    combinations = combinations.flatMap((made) => values.map((value) => ({ ...made, [label]: value })));
  return combinations as Record<Label, string>[];
}
