import { z } from "zod";
import { anyValue, badEnvelope, decodeEnvelope } from "./wire.ts";

const envelope = z.object({ error: z.string().nullish(), results: anyValue });

/** The rows of a reply. Throws RequestFailure for an error. */
export function resultsOf(body: unknown): unknown[] {
  const { error, results } = decodeEnvelope(envelope, body);
  if (error !== undefined && error !== null) throw badEnvelope(`error ${error}`);
  if (!Array.isArray(results)) throw badEnvelope("results is not a list");
  return results;
}
