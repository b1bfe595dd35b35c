import type { Configuration } from '../configuration.ts';

/** Whether there is anything that a plan could be made for. */
export const hasTargets = ({ targets, targeting }: Configuration): boolean =>
  targeting !== null || Object.keys(targets).length > 0;
