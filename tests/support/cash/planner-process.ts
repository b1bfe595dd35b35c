// A planner in a process of its own: reserves as often as it is told from one account, and prints how often it could.

import { openDatabase } from '../../../db/database.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { reserve } from './cash-events.ts';

const [path = '', name = '', times = '0', each = '1'] = process.argv.slice(2);
const { db, close } = await openDatabase(path, { nowMs: 0 });
let applied = 0;
for (let time = 0; time < Number(times); time++) {
  const wanted = { order: `${name} ${time}`, amount: amount(each), atMs: time };
  const outcome = await reserve(db, { venue: 'coinbase', asset: 'USD' }, wanted);
  if (outcome.state === 'applied') applied++;
}
await close();
console.log(applied);
