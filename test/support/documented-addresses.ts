import { answerOf } from "./service-api.ts";
import { plainText } from "./plain-document.ts";

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly parameters?: readonly {
            readonly name: string;
            readonly in: string;
            readonly required?: boolean;
            readonly schema: { readonly example?: unknown };
          }[];
        };
      }
    >
  >;
}

/** Every address of the document, with required parameters at their examples, and the pages. */
export async function documentedAddresses(origin: string): Promise<readonly string[]> {
  const { paths } = JSON.parse(
    plainText(JSON.stringify(await answerOf<object>(origin, "/openapi.json"))),
  ) as Document;
  const filled = Object.entries(paths).map(([path, { get }]) =>
    (get.parameters ?? [])
      .filter((parameter) => parameter.in === "path")
      .reduce((text, { name, schema }) => text.replace(`{${name}}`, String(schema.example)), path)
      .concat(
        (get.parameters ?? [])
          .filter((parameter) => parameter.in === "query" && parameter.required === true)
          .map(({ name, schema }, at) => `${at === 0 ? "?" : "&"}${name}=${String(schema.example)}`)
          .join(""),
      ),
  );
  return [...new Set([...filled, "/", "/docs", "/openapi.json"])];
}
