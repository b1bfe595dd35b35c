import { type Amount, amount } from '../../../src/domain/money/amount.ts';

const MICROS = 1_000_000;

/** Whole micros as an amount, without the arithmetic that is judged with them. */
export function textOfMicros(micros: number): Amount {
  if (micros < 0) return amount(`-${textOfMicros(-micros)}`);
  const whole = Math.floor(micros / MICROS);
  const rest = micros - whole * MICROS;
  if (rest === 0) return amount(String(whole));
  return amount(
    `${whole}.${String(rest + MICROS)
      .slice(1)
      .replace(/0+$/, '')}`,
  );
}

/** An amount of at most six decimals and ten digits before them, for which the rounding of a float is exact. */
export const microsOf = (value: Amount): number => Math.round(Number(value) * MICROS);
