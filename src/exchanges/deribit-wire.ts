import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, numberOf, numeric } from "./wire.ts";

const TOO_MANY_REQUESTS = 10028;

const envelope = z.object({
  result: anyValue,
  error: z.object({ code: numeric }).nullish(),
  testnet: anyValue,
});

/** What a reply is about. Throws RequestFailure for an error, and for a reply of the test venue. */
export function resultOf(body: unknown): unknown {
  const { result, error, testnet } = decodeEnvelope(envelope, body);
  if (error !== null && error !== undefined) throw failureOf(numberOf(error.code));
  if (testnet === true) throw badEnvelope("the reply is of the test venue");
  return result;
}

function failureOf(code: number | null): RequestFailure {
  return code === TOO_MANY_REQUESTS
    ? new RequestFailure("rate_limited", `code ${code}`)
    : badEnvelope(`code ${code ?? "unknown"}`);
}
