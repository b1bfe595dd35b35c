/** What a spreadsheet takes for a formula. */
const FORMULA = /^[=+\-@\t\r]/;
/** An amount is a number to it, below zero as well. */
const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** One line of a table, every value quoted as RFC 4180 has it. Text that a spreadsheet would run gets an apostrophe before it. */
export const csvLine = (values: readonly (string | number | null)[]): string =>
  values.map(csvValue).join(',');

function csvValue(value: string | number | null): string {
  if (value === null) return '""';
  if (typeof value === 'number') return `"${value}"`;
  const safe = FORMULA.test(value) && !DECIMAL.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}
