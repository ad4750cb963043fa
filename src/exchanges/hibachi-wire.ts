import { z } from "zod";
import { badEnvelope, numeric } from "./wire.ts";

export const CONTRACTS_PATH = "/market/exchange-info";

const failure = z.object({ status: z.literal("failed"), errorCode: numeric });

/** Failures may come with HTTP 200; a status of another kind is legitimate. */
export function checked(body: unknown): unknown {
  const failed = failure.safeParse(body);
  if (failed.success) throw badEnvelope(`errorCode ${failed.data.errorCode ?? "none"}`);
  return body;
}
