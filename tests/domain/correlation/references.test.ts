import { expect, test } from '@jest/globals';
import { correlationCases } from '../../references/correlation-cases.ts';
import { hasReferenceData } from '../../support/reference-data.ts';

test.each(correlationCases.map((each) => [`${each.source}: ${each.name}`, each] as const))(
  '%s',
  (_, { actual, expected, tolerance }) => {
    expect(Math.abs(actual() - expected)).toBeLessThanOrEqual(tolerance);
  },
);

if (!hasReferenceData) test.todo('needs the reference data, which is not present');
