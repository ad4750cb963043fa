import { z } from "zod";
import { anyValue, badEnvelope, decodeEnvelope, numberOf, numeric } from "./wire.ts";

/** Phemex's envelope, except that of tickers. */

export const PRODUCTS_PATH = "/public/products";

const envelope = z.object({ code: numeric, data: anyValue });

/** The data of a success. `code` is a number or a string; anything but 0 is a failure, even with HTTP 200. */
export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (numberOf(code) !== 0) throw badEnvelope(`code ${numberOf(code) ?? "unreadable"}`);
  return data;
}
