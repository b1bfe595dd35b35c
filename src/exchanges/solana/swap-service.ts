import * as z from 'zod';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { fetchBounded, type RequestPorts } from './bounded-fetch.ts';

/** What is asked of the swap service: an exact amount in, or an exact amount out. */
export interface QuoteRequest {
  readonly inputMint: string;
  readonly outputMint: string;
  readonly mode: 'ExactIn' | 'ExactOut';
  /** Of the input for ExactIn, of the output for ExactOut. */
  readonly atoms: bigint;
  readonly slippageBps: number;
}

export interface Quote {
  readonly state: 'quoted';
  readonly inAtoms: bigint;
  readonly outAtoms: bigint;
  /** The least that comes out (ExactIn) or the most that goes in (ExactOut), slippage included. */
  readonly thresholdAtoms: bigint;
  /** As it came: the service wants it back unchanged. */
  readonly raw: unknown;
}

export interface UnsignedSwap {
  readonly state: 'built';
  readonly transaction: Uint8Array;
  readonly lastValidBlockHeight: number;
}

/** A Jupiter-compatible swap service. It holds no funds and is not trusted: what it builds is inspected before signing. */
export interface SwapService {
  quote(request: QuoteRequest, signal: AbortSignal): Promise<Quote | Unknown>;
  build(
    quote: Quote,
    user: {
      readonly owner: string;
      readonly wrapsSol: boolean;
      readonly priorityFeeMaxLamports: bigint;
    },
    signal: AbortSignal,
  ): Promise<UnsignedSwap | Unknown>;
}

const atoms = z.string().regex(/^\d{1,20}$/);
const quoteResponse = z.object({
  inputMint: z.string(),
  outputMint: z.string(),
  inAmount: atoms,
  outAmount: atoms,
  otherAmountThreshold: atoms,
  swapMode: z.enum(['ExactIn', 'ExactOut']),
});
const swapResponse = z.object({
  /** A transaction fits into 1232 bytes. */
  swapTransaction: z.base64().min(4).max(4_096),
  lastValidBlockHeight: z.int().positive(),
});

export function createSwapService(url: string, ports: RequestPorts): SwapService {
  const base = url.replace(/\/+$/, '');
  const requestClass = 'trade';
  return {
    async quote(request, signal) {
      const query = new URLSearchParams({
        inputMint: request.inputMint,
        outputMint: request.outputMint,
        amount: String(request.atoms),
        swapMode: request.mode,
        slippageBps: String(request.slippageBps),
      });
      const answer = await fetchBounded(
        `${base}/quote?${query}`,
        { method: 'GET' },
        { ...ports, signal, requestClass },
      );
      if (answer.state === 'unknown') return answer;
      const raw = parse(answer.body);
      const parsed = quoteResponse.safeParse(raw);
      if (!parsed.success) return malformed('quote', parsed.error);
      const { inputMint, outputMint, swapMode, inAmount, outAmount, otherAmountThreshold } = parsed.data;
      const exact = swapMode === 'ExactIn' ? inAmount : outAmount;
      const isAnswer =
        inputMint === request.inputMint &&
        outputMint === request.outputMint &&
        swapMode === request.mode &&
        BigInt(exact) === request.atoms;
      if (!isAnswer) return unknown('malformed', `asked for ${query}, quoted ${swapMode} of ${exact}`);
      if (BigInt(inAmount) === 0n || BigInt(outAmount) === 0n)
        return unknown('refused', 'a quote of nothing');
      return {
        state: 'quoted',
        inAtoms: BigInt(inAmount),
        outAtoms: BigInt(outAmount),
        thresholdAtoms: BigInt(otherAmountThreshold),
        raw,
      };
    },
    async build(quote, { owner, wrapsSol, priorityFeeMaxLamports }, signal) {
      const body = JSON.stringify({
        quoteResponse: quote.raw,
        userPublicKey: owner,
        wrapAndUnwrapSol: wrapsSol,
        dynamicComputeUnitLimit: true,
        prioritizationFeeLamports: {
          priorityLevelWithMaxLamports: {
            maxLamports: Number(priorityFeeMaxLamports),
            priorityLevel: 'medium',
          },
        },
      });
      const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
      const answer = await fetchBounded(`${base}/swap`, init, { ...ports, signal, requestClass });
      if (answer.state === 'unknown') return answer;
      const parsed = swapResponse.safeParse(parse(answer.body));
      if (!parsed.success) return malformed('swap', parsed.error);
      const { swapTransaction, lastValidBlockHeight } = parsed.data;
      return {
        state: 'built',
        transaction: Uint8Array.from(Buffer.from(swapTransaction, 'base64')),
        lastValidBlockHeight,
      };
    },
  };
}

function malformed(what: string, error: z.ZodError): Unknown {
  const issue = error.issues[0];
  return unknown('malformed', `${what}: ${issue?.path.join('.')}: ${issue?.message}`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
