import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, numberOf, numeric } from "./wire.ts";

/** MEXC's envelope. */

export const BASE_PATH = "/api/v1/contract";
const RATE_LIMIT_CODE = 510;

const envelope = z.object({
  success: anyValue,
  code: numeric,
  data: anyValue,
});

/** The data of a success. Failures come with HTTP 200 and `success` false. */
export function dataOf(body: unknown): unknown {
  const { success, code, data } = decodeEnvelope(envelope, body);
  if (numberOf(code) === RATE_LIMIT_CODE) {
    throw new RequestFailure("rate_limited", `code ${RATE_LIMIT_CODE}`);
  }
  if (success !== true || numberOf(code) !== 0)
    throw badEnvelope(`code ${numberOf(code) ?? "unreadable"}`);
  return data;
}
