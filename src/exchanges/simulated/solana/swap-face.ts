import * as z from 'zod';
import { NATIVE_SOL, WRAPPED_SOL_MINT } from '../../solana/token-registry.ts';
import type { FaceAnswer, FaceRequest } from '../http-face.ts';
import type { Genesis } from './genesis.ts';
import type { SwapMarket } from './swap-market.ts';

/** Quotes remembered, so that only what was quoted is built. */
const QUOTES_MAX = 256;
const BASIS = 10_000n;

const mint = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
const quoteQuery = z.object({
  inputMint: mint,
  outputMint: mint,
  amount: z.string().regex(/^[1-9]\d{0,18}$/),
  swapMode: z.enum(['ExactIn', 'ExactOut']).default('ExactIn'),
  slippageBps: z.coerce.number().int().min(0).max(10_000).default(50),
});
const swapBody = z.object({
  quoteResponse: z.looseObject({
    inputMint: mint,
    outputMint: mint,
    inAmount: z.string().regex(/^\d+$/),
    outAmount: z.string().regex(/^\d+$/),
  }),
  userPublicKey: mint,
  wrapAndUnwrapSol: z.boolean().default(true),
});

/** GET /quote and POST /swap as Jupiter's swap API has them. */
export function createSwapFace(
  market: SwapMarket,
  genesis: Genesis,
  chain: { slot(): number },
): (request: FaceRequest) => FaceAnswer {
  const issued = new Set<string>();

  function quote(query: z.infer<typeof quoteQuery>): FaceAnswer {
    const { inputMint, outputMint, swapMode: mode, slippageBps } = query;
    if (!isKnown(genesis, inputMint) || !isKnown(genesis, outputMint)) {
      return refuse(400, 'TOKEN_NOT_TRADABLE', 'The token is not tradable');
    }
    if (inputMint === outputMint) return refuse(400, 'CIRCULAR_ARBITRAGE_IS_DISABLED', 'Input is output');
    const amounts = market.price({ input: inputMint, output: outputMint, mode, atoms: BigInt(query.amount) });
    if (amounts.inAtoms === 0n || amounts.outAtoms === 0n) {
      return refuse(400, 'COULD_NOT_FIND_ANY_ROUTE', 'Could not find any route');
    }
    const slippage = BigInt(slippageBps);
    const threshold =
      mode === 'ExactIn'
        ? (amounts.outAtoms * (BASIS - slippage)) / BASIS
        : (amounts.inAtoms * (BASIS + slippage) + BASIS - 1n) / BASIS;
    const inAmount = String(amounts.inAtoms);
    const outAmount = String(amounts.outAtoms);
    issued.add(`${inputMint} ${inAmount} ${outputMint} ${outAmount}`);
    for (const oldest of issued) {
      if (issued.size <= QUOTES_MAX) break;
      issued.delete(oldest);
    }
    const leg = { ammKey: genesis.maker.publicKey.toBase58(), label: 'Simulated', inputMint, outputMint };
    return ok({
      inputMint,
      inAmount,
      outputMint,
      outAmount,
      otherAmountThreshold: String(threshold),
      swapMode: mode,
      slippageBps,
      platformFee: null,
      priceImpactPct: '0',
      routePlan: [
        { swapInfo: { ...leg, inAmount, outAmount, feeAmount: '0', feeMint: inputMint }, percent: 100 },
      ],
      contextSlot: chain.slot(),
      timeTaken: 0,
    });
  }

  function swap({ quoteResponse, userPublicKey, wrapAndUnwrapSol }: z.infer<typeof swapBody>): FaceAnswer {
    const { inputMint, outputMint, inAmount, outAmount } = quoteResponse;
    if (userPublicKey !== genesis.owner.publicKey.toBase58()) {
      return refuse(400, 'INVALID_USER', 'The simulated market trades with its owner alone');
    }
    if (!issued.has(`${inputMint} ${inAmount} ${outputMint} ${outAmount}`)) {
      return refuse(400, 'INVALID_QUOTE', 'This was not quoted');
    }
    const assetOf = (one: string) => (wrapAndUnwrapSol && one === WRAPPED_SOL_MINT ? NATIVE_SOL : one);
    const built = market.build({
      input: assetOf(inputMint),
      output: assetOf(outputMint),
      inAtoms: BigInt(inAmount),
      outAtoms: BigInt(outAmount),
    });
    return ok({
      swapTransaction: Buffer.from(built.bytes).toString('base64'),
      lastValidBlockHeight: built.lastValidBlockHeight,
      prioritizationFeeLamports: 5_000,
    });
  }

  return (request) => {
    const route = `${request.method} ${request.path}`;
    if (route === 'GET /quote') {
      const query = quoteQuery.safeParse(Object.fromEntries(request.query));
      return query.success ? quote(query.data) : refuse(400, 'INVALID_QUERY', z.prettifyError(query.error));
    }
    if (route === 'POST /swap') {
      const body = swapBody.safeParse(parse(request.body));
      return body.success ? swap(body.data) : refuse(422, 'INVALID_BODY', z.prettifyError(body.error));
    }
    return refuse(404, 'NOT_FOUND', 'Not found');
  };
}

const ok = (body: unknown): FaceAnswer => ({ status: 200, body: JSON.stringify(body) });
const refuse = (status: number, errorCode: string, error: string): FaceAnswer => ({
  status,
  body: JSON.stringify({ error, errorCode }),
});

function isKnown(genesis: Genesis, asset: string): boolean {
  try {
    return genesis.mintOf(asset).mint === asset;
  } catch {
    return false;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
