import { ATTRIBUTION } from './attribution-cases.ts';
import { CORRELATION } from './correlation-cases.ts';
import { EMPYRICAL } from './empyrical.ts';
import { LOTS } from './lots.ts';
import { OWN_GOLDENS } from './own-goldens.ts';
import { PERFORMANCE } from './performance.ts';
import { REBALANCING } from './rebalancing.ts';
import { RECORDED_PERFORMANCE } from './recorded-performance.ts';
import { RECORDED_RISK } from './recorded-risk.ts';
import { RECORDED_XIRR } from './recorded-xirr.ts';
import type { ReferenceCase, ReferenceFile } from './reference-case.ts';
import { SIGNALS } from './signals.ts';
import { XIRR } from './xirr.ts';

/** Published figures that stand in the repository. A subject has a file of its own and a line here. */
export const TRANSCRIBED: readonly (readonly ReferenceCase[])[] = [
  EMPYRICAL,
  XIRR,
  PERFORMANCE,
  LOTS,
  REBALANCING,
  CORRELATION,
  ATTRIBUTION,
  SIGNALS,
  OWN_GOLDENS,
];

/** Those that stand in recordings, which a stranger does not have. */
export const RECORDED: readonly ReferenceFile[] = [
  ...RECORDED_XIRR,
  ...RECORDED_PERFORMANCE,
  ...RECORDED_RISK,
];

/** Projects of this repository: figures computed for its specification with NumPy and SciPy, which are nobody else's claim. */
export const OWN_PROJECTS: readonly string[] = ['own goldens'];
