import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope } from "./wire.ts";

const SUCCESS = "200";
const RATE_LIMIT_CODE = "429";

const envelope = z.object({
  code: z.union([z.string(), z.number()]),
  data: anyValue,
});

/** Failures may come with HTTP 200, another `code` and an empty string as data. */
export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (String(code) === RATE_LIMIT_CODE) {
    throw new RequestFailure("rate_limited", `code ${RATE_LIMIT_CODE}`);
  }
  if (String(code) !== SUCCESS) throw badEnvelope(`code ${code}`);
  return data;
}
