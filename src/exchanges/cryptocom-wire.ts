import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, word } from "./wire.ts";

export const BASE_PATH = "/exchange/v1/public";
const RATE_LIMIT_CODE = "42901";

const envelope = z.object({
  code: z.union([z.string(), z.number()]),
  result: z.object({ data: anyValue, instrument_name: word }).nullish().catch(null),
});
type Result = NonNullable<z.infer<typeof envelope>["result"]>;

/** Failures may come with HTTP 200 and a `code` other than 0. */
export function resultOf(body: unknown): Result {
  const { code, result } = decodeEnvelope(envelope, body);
  if (String(code) === RATE_LIMIT_CODE) {
    throw new RequestFailure("rate_limited", `code ${RATE_LIMIT_CODE}`);
  }
  if (String(code) !== "0") throw badEnvelope(`code ${code}`);
  if (!result) throw badEnvelope("a success without a result");
  return result;
}
