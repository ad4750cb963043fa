import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, numberOf, numeric } from "./wire.ts";

/** BingX's envelope. */

export const BASE_PATH = "/openApi/swap/v2/quote";
const BUSY_CODE = 100_410;

const envelope = z.object({ code: numeric, data: anyValue });

/** The data of a success. Failures come with HTTP 200 and a code other than 0. */
export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (numberOf(code) === BUSY_CODE) throw new RequestFailure("rate_limited", `code ${BUSY_CODE}`);
  if (numberOf(code) !== 0) throw badEnvelope(`code ${numberOf(code) ?? "unreadable"}`);
  return data;
}
