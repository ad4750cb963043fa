import { z } from "zod";
import { anyValue, badEnvelope, decodeEnvelope, epochMsOf, numberOf, numeric } from "./wire.ts";

const SUCCESS_CODE = 1;

const envelope = z.object({
  success: anyValue,
  code: numeric,
  time: numeric,
  data: anyValue,
});

/** The data and the time of a markets API reply. Throws a bad envelope for an error. */
export function successOf(body: unknown): {
  readonly data: unknown;
  readonly timeMs: number | null;
} {
  const { success, code, time, data } = decodeEnvelope(envelope, body);
  if (success !== true || numberOf(code) !== SUCCESS_CODE) {
    throw badEnvelope(`no success, code ${code ?? "unknown"}`);
  }
  return { data, timeMs: epochMsOf(time) };
}
