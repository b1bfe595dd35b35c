import type { Announcement } from '../../../actors/messages/announcements.ts';
import type { Exchange } from '../../exchanges/exchange.ts';
import { LateListener } from '../../platform/late-listener.ts';
import type { MetricsConfiguration } from '../configuration.ts';
import type { Service } from '../service.ts';
import { type MetricsAnswer, serveMetrics } from './metrics-server.ts';
import { type MetricsPorts, ServiceMetrics } from './service-metrics.ts';

/** The metrics of one portfolio and the server that hands them out. */
export interface PortfolioMetrics {
  /** Such as "http://127.0.0.1:9464/metrics". */
  readonly url: string;
  /** Once the database is open, before the service starts. */
  prepare(ports: Omit<MetricsPorts, 'reading' | 'health'>): Promise<void>;
  /** The venue as the service sees it. */
  before(exchange: Exchange): Exchange;
  /** Hears what the service announces, and gives it on to one listener after that. */
  follow(running: Followed): LateListener<Announcement>;
  /** Waits for the answers under way; the database has to be open until then. */
  close(): Promise<void>;
}

interface Followed {
  readonly service: Pick<Service, 'reading' | 'health'>;
  readonly announcements: LateListener<Announcement>;
}

/** Takes the port before anything else is done. @throws where it cannot be had, with the port and why. */
export async function openMetrics(
  at: MetricsConfiguration,
  onProblem: (problem: string) => void,
): Promise<PortfolioMetrics> {
  let metrics: ServiceMetrics | null = null;
  let service: Followed['service'] | null = null;

  async function answer(path: string): Promise<MetricsAnswer | null> {
    if (path === '/healthz') return healthAnswer(service?.health() ?? 'starting');
    if (path !== '/metrics') return null;
    if (metrics === null || service === null)
      return { status: 503, contentType: 'text/plain', body: 'starting\n' };
    return { status: 200, contentType: metrics.contentType, body: await metrics.say() };
  }

  const server = await serveMetrics(at, { answer, onProblem });
  const running = (): Followed['service'] => {
    if (service === null) throw new Error('a service is read once it runs');
    return service;
  };
  return {
    url: `${server.url}/metrics`,
    close: server.close,
    prepare: async (ports) => {
      metrics = await ServiceMetrics.open({
        ...ports,
        reading: () => ({ ...running().reading(), nowMs: ports.now() }),
        health: () => running().health(),
      });
    },
    before: (exchange) => metrics?.rounds.before(exchange) ?? exchange,
    follow: (followed) => {
      service = followed.service;
      const onward = new LateListener<Announcement>();
      followed.announcements.listen((announcement) => {
        metrics?.hear(announcement);
        onward.tell(announcement);
      });
      return onward;
    },
  };
}

const healthAnswer = (health: string): MetricsAnswer => ({
  status: health === 'healthy' ? 200 : 503,
  contentType: 'application/json',
  body: `${JSON.stringify({ status: health })}\n`,
});
