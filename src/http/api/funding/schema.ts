import { z } from "@hono/zod-openapi";

/** Longer than any ticker. */
const MAX_BASE_LENGTH = 64;

export const SymbolPathSchema = z.object({
  base: z
    .string()
    .max(MAX_BASE_LENGTH, `must not be longer than ${MAX_BASE_LENGTH} characters`)
    .meta({
      param: { name: "base", in: "path" },
      description: "An asset, case-insensitive, aliases allowed (XBT is BTC).",
      example: "BTC",
    }),
});
