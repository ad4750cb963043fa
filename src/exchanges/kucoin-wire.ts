import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope } from "./wire.ts";

/** KuCoin's envelope. */

const SUCCESS_CODE = "200000";
const RATE_LIMIT_CODE = "429000";

const envelope = z.object({
  code: z.union([z.string(), z.number()]),
  data: anyValue,
});

/** The data of a success. Failures come with HTTP 200 and another `code` as well. */
export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (String(code) === RATE_LIMIT_CODE) {
    throw new RequestFailure("rate_limited", `code ${RATE_LIMIT_CODE}`);
  }
  if (String(code) !== SUCCESS_CODE) throw badEnvelope(`code ${code}`);
  return data;
}
