import type { Delivery } from '../service.ts';
import type { ToldByFiles } from './follow-target-files.ts';

/** What files say, as the messages by which it enters the service, and so its journal. */
export const deliveriesOf = ({ returns, signals }: ToldByFiles, atMs: number): readonly Delivery[] => [
  ...returns.map((told) => ({
    to: 'portfolio' as const,
    message: { type: 'portfolio.returnsRead' as const, ...told },
  })),
  ...(signals === null
    ? []
    : [
        {
          to: 'portfolio' as const,
          message: { type: 'portfolio.signalsReported' as const, requestId: `file-${atMs}`, ...signals },
        },
      ]),
];
