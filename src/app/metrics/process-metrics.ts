import type { Registry } from 'prom-client';
import type { Collector } from './collector.ts';
import { boundedGauge, showState } from './instruments.ts';
import { HEALTH_STATES } from './label-values.ts';

/** The program, its process, and whether the service in it is well. */
export function processCollector(ports: {
  readonly registry: Registry;
  readonly health: () => string;
  readonly version: string;
}): Collector {
  const { registry, health, version } = ports;
  const node = process.versions.node;
  const build = boundedGauge(registry, {
    name: 'trueup_build_info',
    help: 'Always 1: the version of the program and of Node.',
    labels: { version: [version], node: [node] },
  });
  const wellbeing = boundedGauge(registry, {
    name: 'trueup_service_health',
    help: 'Health of the service: 1 for the state that holds.',
    labels: { state: HEALTH_STATES },
  });
  const memory = boundedGauge(registry, {
    name: 'trueup_process_memory_bytes',
    help: 'Memory of the process: all of it, and what its objects take.',
    labels: { kind: ['resident', 'heapUsed'] },
  });
  return {
    of: 'process',
    clear: () => {
      for (const gauge of [build, wellbeing, memory]) gauge.clear();
    },
    collect: () => {
      build.set({ version, node }, 1);
      showState(wellbeing, {}, { state: health(), states: HEALTH_STATES });
      const { rss, heapUsed } = process.memoryUsage();
      memory.set({ kind: 'resident' }, rss);
      memory.set({ kind: 'heapUsed' }, heapUsed);
    },
  };
}
