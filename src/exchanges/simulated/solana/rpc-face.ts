import type { FaceAnswer, FaceRequest, HttpFaceOptions } from '../http-face.ts';
import { RpcError, type RpcMethods } from './rpc-methods.ts';

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** JSON-RPC over HTTP: one call a request, errors with status 200. */
export function createRpcFace(methods: RpcMethods): (request: FaceRequest) => FaceAnswer {
  return (request) => {
    const call = readCall(request.body);
    if (call === null) return answer(null, { error: { code: -32700, message: 'Parse error' } });
    try {
      return answer(call.id, { result: methods(call.method, call.params) });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const { code, message, data } = error;
      return answer(call.id, { error: { code, message, ...(data === undefined ? {} : { data }) } });
    }
  };
}

/** How faults are matched and made in JSON-RPC, beside plain endpoints. */
export const rpcFaults: Pick<
  HttpFaceOptions,
  'endpointOf' | 'identityOf' | 'staleRead' | 'malformedRow' | 'rateLimitedBody'
> = {
  endpointOf: ({ method, path, body }) => {
    const call = path === '/' ? readCall(body) : null;
    return call === null ? `${method} ${path}` : `RPC ${call.method}`;
  },
  identityOf: ({ method, path, query, body }) => {
    const call = path === '/' ? readCall(body) : null;
    return call === null
      ? `${method} ${path}?${query}\n${body}`
      : JSON.stringify([call.method, anyTime(call.params)]);
  },
  // The SDK refuses an answer to another id.
  staleRead: (last, request) => {
    const call = readCall(request.body);
    return call === null ? last : withBody(last, { ...(JSON.parse(last.body) as object), id: call.id });
  },
  malformedRow: (good) => {
    const body = JSON.parse(good.body) as Record<string, unknown>;
    const result = body.result as { value?: unknown } | unknown[] | null;
    if (Array.isArray(result)) return withBody(good, { ...body, result: [{}, ...result.slice(1)] });
    if (typeof result !== 'object' || result === null) return withBody(good, { jsonrpc: '2.0' });
    const value = Array.isArray(result.value) ? [{ pubkey: 1 }, ...result.value.slice(1)] : 'malformed';
    return withBody(good, { ...body, result: { ...result, value } });
  },
  rateLimitedBody: JSON.stringify({
    jsonrpc: '2.0',
    error: { code: 429, message: 'Too many requests' },
    id: null,
  }),
};

/** A replica that lags does not look at the slot that it is asked not to be before. */
function anyTime(params: readonly unknown[]): readonly unknown[] {
  return params.map((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? { ...one, minContextSlot: undefined }
      : one,
  );
}

function answer(id: unknown, outcome: object): FaceAnswer {
  return { status: 200, body: JSON.stringify({ jsonrpc: '2.0', ...outcome, id }) };
}

function withBody(answered: FaceAnswer, body: object): FaceAnswer {
  return { ...answered, body: JSON.stringify(body) };
}

function readCall(body: string): Call | null {
  try {
    const call = JSON.parse(body) as { id?: unknown; method?: unknown; params?: unknown };
    if (typeof call.method !== 'string') return null;
    return {
      id: call.id ?? null,
      method: call.method,
      params: Array.isArray(call.params) ? call.params : [],
    };
  } catch {
    return null;
  }
}
