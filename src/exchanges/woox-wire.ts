import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, numberOf, numeric } from "./wire.ts";

const RATE_LIMIT_CODE = -1003;

const envelope = z.object({
  success: anyValue,
  code: numeric,
  data: z.object({ rows: anyValue, meta: anyValue }).nullish().catch(null),
});

type Data = z.output<typeof envelope>["data"];

/** The data of a reply. Throws RequestFailure unless it says that it is a success. */
export function dataOf(body: unknown): Data {
  const { success, code, data } = decodeEnvelope(envelope, body);
  if (success !== true) throw failureOf(numberOf(code));
  return data;
}

function failureOf(code: number | null): RequestFailure {
  const message = `success is not true, code ${code ?? "unknown"}`;
  return code === RATE_LIMIT_CODE
    ? new RequestFailure("rate_limited", message)
    : badEnvelope(message);
}
