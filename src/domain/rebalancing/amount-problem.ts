import { type Amount, isDecimalText, isNegative, isPositive } from '../money/amount.ts';
import { type InputProblem, inputProblem } from './input-problem.ts';

/** Why text at a path is no amount of the sign that is expected there, or null. */
export function amountProblem(
  path: string,
  value: Amount,
  sign: 'any' | 'notNegative' | 'positive',
): InputProblem | null {
  if (!isDecimalText(value)) return inputProblem(path, 'an amount in decimal text', value);
  if (sign === 'notNegative' && isNegative(value))
    return inputProblem(path, 'an amount that is not negative', value);
  if (sign === 'positive' && !isPositive(value)) return inputProblem(path, 'an amount above zero', value);
  return null;
}
