// The corpus of pyxirr's tests, from the recordings.

import type { CashFlow } from '../../src/domain/performance/present-value.ts';
import { presentValue } from '../../src/domain/performance/present-value.ts';
import { xirr } from '../../src/domain/performance/xirr.ts';
import { referenceData } from '../support/reference-data.ts';
import type { ReferenceCase, ReferenceFile } from './reference-case.ts';
import { dated, yearly } from './xirr.ts';

const PATH = 'metrics/xirr.cases.json';

interface Recorded {
  readonly id: string;
  readonly function: 'xirr' | 'xnpv' | 'irr';
  readonly flows?: readonly (readonly [string, number])[];
  readonly values?: readonly number[];
  readonly rate?: number;
  readonly expected: number | null;
  readonly tolerance?: number;
  /** Years of other lengths: `xirr.ts` has them. */
  readonly day_count?: string;
}

const recorded = (): readonly Recorded[] =>
  ((referenceData(PATH) as { readonly cases: readonly Recorded[] } | null)?.cases ?? []).filter(
    ({ day_count }) => day_count === undefined,
  );

const flowsOf = ({ flows, values }: Recorded): readonly CashFlow[] =>
  values ? yearly(values) : dated(flows ?? []);

/** Inputs of the corpus that ask for a rate; empty where the recordings are not there. */
export const recordedFlows = (): readonly (readonly CashFlow[])[] =>
  recorded()
    .filter((one) => one.function !== 'xnpv')
    .map(flowsOf);

const caseOf = (one: Recorded): ReferenceCase => {
  const flows = flowsOf(one);
  const { rate } = one;
  return {
    source: 'pyxirr: tests/samples and tests, recorded',
    name: one.id,
    actual: () => (rate === undefined ? xirr(flows).value : presentValue(flows, rate)),
    expected: one.expected,
    tolerance: one.tolerance ?? 1e-9,
  };
};

export const RECORDED_XIRR: readonly ReferenceFile[] = [{ path: PATH, cases: () => recorded().map(caseOf) }];
