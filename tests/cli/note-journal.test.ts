import { copyFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { registerNote } from '../../src/cli/note-command.ts';
import { registerReplay } from '../../src/cli/replay-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { BookRig } from './book-rig.ts';
import { runInProcess, startInProcess } from './command-line.ts';

let rig: BookRig;
beforeEach(async () => {
  rig = await BookRig.open();
});
afterEach(() => rig.close());

test('a note that came while the service was recorded is replayed with it, byte for byte', async () => {
  const [before, journal] = [rig.folder.path('before.sqlite'), rig.folder.path('run.jsonl')];
  copyFileSync(rig.folder.path(), before);
  const options = {
    commands: [registerRun, registerNote, registerReplay],
    environment: rig.world.environment,
  };
  const service = startInProcess(['run', '--config', rig.config, '--journal', journal], options);
  await service.said('cb reconciled');
  expect(await runInProcess(['note', 'hello', '--config', rig.config], options)).toMatchObject({
    exitCode: 0,
  });
  service.stop();
  await service.ended;
  const replayed = await runInProcess(['replay', journal, '--database', before, '--json'], options);
  expect(JSON.parse(replayed.out)).toMatchObject({ identical: true });
});
