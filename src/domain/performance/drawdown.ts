import type { IndexPoint } from './return-index.ts';
import { noStatistic, type Statistic } from './statistic.ts';

/** From a peak of the index down and back. Times in the unit of the index's points. */
export interface DrawdownEpisode {
  /** The last point at the peak. */
  readonly peakAt: number;
  readonly troughAt: number;
  /** The first point that is at the peak again; null while it is not reached. */
  readonly recoveredAt: number | null;
  /** Of the peak at the trough, a negative fraction: -0.25 is a quarter below it. */
  readonly depth: number;
  /** From the peak to the recovery, or to the last point while there is none. */
  readonly duration: number;
}

export interface Drawdown {
  /** min(I / highest I so far − 1): zero or negative. */
  readonly maximum: number;
  /** The deepest, the earliest of several; null where the index never fell. */
  readonly deepest: DrawdownEpisode | null;
  /** The longest of all, whatever its depth; zero where the index never fell. */
  readonly longestDuration: number;
  /** The share of the whole time between a peak and its recovery, 0 to 1. */
  readonly underwaterShare: number;
  /** In time. */
  readonly episodes: readonly DrawdownEpisode[];
}

/** An index this close to its peak has reached it: what is left is rounding of doubles. */
const ROUNDING = 1e-12;

/** Falls of an index from its highest point so far; its first point counts. In time, null for fewer than two points. */
export function findDrawdown(points: readonly IndexPoint[]): Statistic<Drawdown> {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || points.length < 2) return noStatistic('fewer than two points of an index');
  const episodes = findEpisodes(points);
  const deepest = episodes.reduce<DrawdownEpisode | null>(
    (worst, episode) => (worst === null || episode.depth < worst.depth ? episode : worst),
    null,
  );
  const time = last.at - first.at;
  const underwater = episodes.reduce((sum, { duration }) => sum + duration, 0);
  return {
    value: {
      maximum: deepest?.depth ?? 0,
      deepest,
      longestDuration: episodes.reduce((longest, { duration }) => Math.max(longest, duration), 0),
      underwaterShare: time > 0 ? underwater / time : 0,
      episodes,
    },
  };
}

/** How far the last point of an index lies below its highest: zero or negative. In time, null for fewer than two points. */
export function presentDrawdown(
  points: readonly IndexPoint[],
): Statistic<{ readonly depth: number /** The last point at the peak. */; readonly peakAt: number }> {
  const last = points.at(-1);
  if (last === undefined || points.length < 2) return noStatistic('fewer than two points of an index');
  const lasting = findEpisodes(points).at(-1);
  if (lasting === undefined || lasting.recoveredAt !== null) return { value: { depth: 0, peakAt: last.at } };
  const peak = points.find(({ at }) => at === lasting.peakAt) ?? last;
  return { value: { depth: Math.min(0, last.index / peak.index - 1), peakAt: peak.at } };
}

function findEpisodes(points: readonly IndexPoint[]): readonly DrawdownEpisode[] {
  const episodes: DrawdownEpisode[] = [];
  let peak = points[0] as IndexPoint;
  let trough: IndexPoint | null = null;
  const ended = (low: IndexPoint, endAt: number, recoveredAt: number | null): DrawdownEpisode => ({
    peakAt: peak.at,
    troughAt: low.at,
    recoveredAt,
    depth: low.index / peak.index - 1,
    duration: endAt - peak.at,
  });
  for (const point of points.slice(1)) {
    if (point.index >= peak.index * (1 - ROUNDING)) {
      if (trough) episodes.push(ended(trough, point.at, point.at));
      // A peak that is reached again up to rounding stays as high as it was.
      peak = { at: point.at, index: Math.max(point.index, peak.index) };
      trough = null;
    } else if (trough === null || point.index < trough.index) trough = point;
  }
  if (trough) episodes.push(ended(trough, (points.at(-1) as IndexPoint).at, null));
  return episodes;
}
