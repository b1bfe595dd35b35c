import { expect, it } from '@jest/globals';
import { openDatabase } from '../../db/database.ts';
import { addToSignalHistory, readSignalHistory } from '../../db/target-repository.ts';
import { signal } from '../domain/signals/signal-fixtures.ts';

it('what sources have said is kept up to so many of each on each asset, the newest', async () => {
  const database = await openDatabase(':memory:', { nowMs: 0 });
  const at = (atMs: number, more: object = {}) => signal('a', { atMs, expiresAtMs: 1_000, ...more });
  for (const atMs of [1, 2, 3, 4]) await addToSignalHistory(database.db, at(atMs), 3);
  await addToSignalHistory(database.db, at(1, { asset: 'ETH' }), 3);
  await addToSignalHistory(database.db, at(1, { source: 'b' }), 3);
  const kept = await readSignalHistory(database.db);
  expect(kept.map(({ source, asset, atMs }) => `${source} ${asset} ${atMs}`)).toEqual([
    'a BTC 2',
    'a BTC 3',
    'a BTC 4',
    'a ETH 1',
    'b BTC 1',
  ]);
  expect(kept[0]).toEqual(at(2));
  await database.close();
});
