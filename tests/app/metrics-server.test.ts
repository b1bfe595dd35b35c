import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type AnswerPath, type MetricsServer, serveMetrics } from '../../src/app/metrics/metrics-server.ts';
import { settle } from '../../src/platform/turn-clock.ts';

const servers: MetricsServer[] = [];
const problems: string[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  problems.splice(0);
});

const page: AnswerPath = async (path) =>
  path === '/metrics' ? { status: 200, contentType: 'text/plain', body: 'one 1\n' } : null;

async function serve(answer: AnswerPath = page, host = '127.0.0.1'): Promise<MetricsServer> {
  const onProblem = (problem: string): void => void problems.push(problem);
  const server = await serveMetrics({ host, port: 0 }, { answer, onProblem });
  servers.push(server);
  return server;
}

/** What comes back for bytes that no client of ours would send; ends with the connection. */
function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

describe('the server of metrics', () => {
  it.each([
    ['GET', '/metrics', 200],
    ['GET', '/metrics?name[]=one', 200],
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['GET', '/../metrics', 404],
    ['HEAD', '/metrics', 404],
    ['POST', '/metrics', 404],
    ['DELETE', '/metrics', 404],
    ['OPTIONS', '*', 404],
  ])('answers %s %s with %i', async (method, path, status) => {
    const { url } = await serve();
    const answer = await raw(url, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 200) expect(answer.endsWith('\r\n\r\none 1\n')).toBe(true);
  });

  it('takes no body, neither one with a length nor one in chunks', async () => {
    const { url } = await serve();
    for (const headers of ['Content-Length: 3', 'Transfer-Encoding: chunked']) {
      const answer = await raw(
        url,
        `GET /metrics HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 413 /);
    }
  });

  it('takes no more than 8 KiB of headers', async () => {
    const { url } = await serve();
    const answer = await raw(url, `GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(9_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
  });

  it('closes connections beyond the sixteenth at once', async () => {
    const { url } = await serve();
    const { hostname, port } = new URL(url);
    const held = Array.from({ length: 16 }, () => connect(Number(port), hostname));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const refused = await raw(url, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n').catch(() => '');
    expect(refused).toBe('');
    for (const socket of held) socket.destroy();
  });

  it('says 500 where an answer fails, and why to whoever runs it', async () => {
    const { url } = await serve(() => Promise.reject(new Error('no disk')));
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([500, 'failed\n']);
    expect(problems).toEqual(['metrics: /metrics could not be answered: Error: no disk']);
  });

  it('gives the answers under way before it ends, and takes no connection afterwards', async () => {
    let answer: (body: string) => void = () => {};
    let asked: () => void = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const server = await serve(async () => {
      asked();
      const body = await new Promise<string>((resolve) => {
        answer = resolve;
      });
      return { status: 200, contentType: 'text/plain', body };
    });
    const received = fetch(`${server.url}/metrics`).then((response) => response.text());
    await isAsked;
    let isClosed = false;
    const closed = server.close().then(() => {
      isClosed = true;
    });
    await settle();
    expect(isClosed).toBe(false);
    answer('late');
    expect(await received).toBe('late');
    await closed;
    await expect(fetch(`${server.url}/metrics`)).rejects.toThrow('fetch failed');
  });

  it('ends while a client keeps its connection and says nothing', async () => {
    const server = await serve();
    const silent = raw(server.url, 'GET /metr');
    await new Promise<void>((resolve) => {
      request(`${server.url}/metrics`, (response) => response.resume().on('end', resolve)).end();
    });
    await server.close();
    expect(await silent).toBe('');
  });

  it('listens at the other loopback as well', async () => {
    const { url } = await serve(page, '::1');
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });

  it('is never opened to others, whoever asks for it', async () => {
    await expect(serve(page, '0.0.0.0')).rejects.toThrow('metrics are served to this machine alone: 0.0.0.0');
  });

  it('says which port is in use', async () => {
    const { url } = await serve();
    const port = Number(new URL(url).port);
    const second = serveMetrics({ host: '127.0.0.1', port }, { answer: page, onProblem: () => undefined });
    await expect(second).rejects.toThrow(
      `metrics.port: expected a free port of 127.0.0.1, found ${port}, which is in use`,
    );
  });
});
