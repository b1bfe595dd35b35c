import { isIPv4 } from 'node:net';

/** Where metrics are served unless somebody says otherwise: the port that OpenTelemetry's exporter for Prometheus has. */
export const METRICS_PORT = 9_464;
export const METRICS_HOST = '127.0.0.1';
export const PORT_MAX = 65_535;

/** Whether an address is of this machine alone. A name is none: what it stands for is not said here. */
export const isLoopback = (host: string): boolean =>
  host === '::1' || (isIPv4(host) && host.startsWith('127.'));
