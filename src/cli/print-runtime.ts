import type { StatusDocument } from '../app/read-status.ts';
import type { VenueRuntime } from '../app/runtime-state.ts';
import { ageText } from './age-text.ts';
import type { Output } from './output.ts';
import { printable } from './table.ts';

/** How the service stood towards its venues at its last heartbeat, and how long ago that was. */
export function printRuntime({ owner, runtime, atMs }: StatusDocument, output: Output): void {
  const { style } = output;
  if (!runtime) {
    const isRunning = owner?.isAlive === true;
    output.line(`service  ${isRunning ? 'has not said yet how it stands' : 'none runs'}`);
    return;
  }
  const paint = runtime.health === 'healthy' ? style.good : style.bad;
  const age = ageText(atMs - runtime.atMs);
  output.line(`service  ${paint(printable(runtime.health))}, mode ${runtime.mode}, as of ${age} ago`);
  for (const venue of runtime.venues) {
    output.line(`  ${venue.venue}  ${requestsText(venue)}`);
    for (const [endpointClass, { state, reason }] of Object.entries(venue.breakers))
      if (state !== 'closed')
        output.line(`    ${style.bad(`breaker of ${endpointClass} ${state}`)}: ${printable(reason)}`);
  }
}

function requestsText({ requests, breakers, retries, stream }: VenueRuntime): string {
  const { tokens, underWay, waiting } = requests;
  const isClosed = Object.values(breakers).every(({ state }) => state === 'closed');
  return [
    `${Math.floor(tokens)} requests free, ${underWay} under way, ${waiting} waiting`,
    ...(isClosed ? ['breakers closed'] : []),
    `${retries} retries in this round`,
    stream === null ? 'no stream' : `stream ${stream.state}${stream.isHeld ? ', gates held' : ''}`,
  ].join('; ');
}
