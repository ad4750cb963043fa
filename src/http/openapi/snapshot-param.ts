import { SNAPSHOT_ID } from "../../domain/snapshot-id.ts";
import { echo, oneOf, raw, refuse } from "../protocol/query-text.ts";

/** The id of a snapshot, whether it is still retained or not. Unset: null. */
export function snapshotParam(doc: { readonly description: string; readonly example: string }) {
  return raw
    .transform((value, context): string | null => {
      const text = oneOf(value, context);
      if (text !== null && !SNAPSHOT_ID.test(text))
        refuse(context, `${echo(text)} must be a snapshot id such as ${doc.example}`);
      return text;
    })
    .meta({ type: "string", pattern: SNAPSHOT_ID.source, ...doc });
}
