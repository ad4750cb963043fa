import { z } from "zod";
import { anyValue, badEnvelope, decodeEnvelope } from "./wire.ts";

const SUCCESS_CODE = "0";

const envelope = z.object({
  code: z.union([z.string(), z.number()]),
  data: anyValue,
});

/** The data of a reply. Errors come with HTTP 200 and a code other than "0". */
export function successOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (String(code) !== SUCCESS_CODE) throw badEnvelope(`code ${code}`);
  return data;
}

/** `BTC-USDT-SWAP` is `BTCUSDT` in the funding replies: without its suffix and its first dash. */
export function fundingKeyOf(instId: string): string {
  return instId.endsWith("-SWAP") ? instId.slice(0, -"-SWAP".length).replace("-", "") : instId;
}
