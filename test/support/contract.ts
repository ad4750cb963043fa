import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { plainDocument } from "./plain-document.ts";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";

interface OpenApiDocument {
  readonly paths: Readonly<
    Record<string, { readonly get: { readonly responses: Readonly<Record<string, object>> } }>
  >;
}

/** Failures that any address may have and that no route documents. */
const GENERAL_FAILURES = ["404", "405", "414", "500"];

const PROBLEM_POINTER = "/components/schemas/Problem";

/** Types whose whole body is one value of JSON; NDJSON is not. */
const JSON_TYPE = /^application\/(\w+\+)?json$/;

/** Checks answers against the served document. */
export class Contract {
  /** A document is not a schema itself: ajv would check nothing of it, after compiling what it checks schemas with. */
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  readonly #document: OpenApiDocument;
  /** By pointer: ajv compiles a reference, and everything that it refers to, each time it is given one. */
  readonly #compiled = new Map<string, ValidateFunction>();

  static async served(): Promise<Contract> {
    return new Contract(closed(JSON.parse(await plainDocument())));
  }

  private constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv.addSchema(document, "openapi");
  }

  /** Throws unless `response` to `method target` is as documented. Reads a copy of the body. */
  async check(method: string, target: string, response: Response): Promise<void> {
    const where = `${method} ${target} ${response.status}`;
    const copy = response.clone() as Response;
    if (method === "HEAD" || response.status === 304 || response.status === 204) {
      if ((await copy.arrayBuffer()).byteLength > 0) throw new Error(`${where} has a body`);
      return;
    }
    const body = await decodedBody(copy);
    const path = target.split("?")[0] ?? "";
    const template = Object.keys(this.#document.paths).find((known) => patternOf(known).test(path));
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const status = String(response.status);
    const documented =
      template !== undefined && this.#document.paths[template]?.get.responses[status] !== undefined;
    if (documented) {
      const pointer = [template, "get", "responses", status, "content", type, "schema"];
      const schema = `/paths/${pointer.map(escape).join("/")}`;
      this.#match(where, type, schema, JSON_TYPE.test(type) ? asDocumented(target, body) : body);
    } else if (GENERAL_FAILURES.includes(status)) {
      this.#match(where, type, PROBLEM_POINTER, body);
    } else if (template !== undefined) {
      throw new Error(`${where} is not documented`);
    }
  }

  #match(where: string, type: string, pointer: string, body: Buffer): void {
    const value: unknown = JSON_TYPE.test(type) ? JSON.parse(body.toString()) : body.toString();
    const validate = this.#validatorOf(pointer);
    if (!validate(value))
      throw new Error(`${where} breaks its schema: ${this.#ajv.errorsText(validate.errors)}`);
  }

  #validatorOf(pointer: string): ValidateFunction {
    const known = this.#compiled.get(pointer);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile({ $ref: `openapi#${pointer}` });
    this.#compiled.set(pointer, validate);
    return validate;
  }
}

/** The same document for our own answers: those that allow added fields must have only documented ones. */
function closed(document: OpenApiDocument): OpenApiDocument {
  return JSON.parse(JSON.stringify(document), (_, value: unknown) => {
    const isObject = typeof value === "object" && value !== null;
    if (!isObject || !("properties" in value) || !("type" in value)) return value;
    return "additionalProperties" in value ? value : { ...value, additionalProperties: false };
  });
}

/** What `fields` and `time` leave of the schema: the answer without them, as far as it can be derived from this one. */
function asDocumented(target: string, body: Buffer): Buffer {
  const query = new URLSearchParams(target.split("?")[1]);
  if (!query.has("fields") && query.get("time") !== "iso") return body;
  const answer: { rows?: unknown[] } = JSON.parse(body.toString());
  if (answer.rows === undefined) return body;
  const requested = query.getAll("fields").flatMap((names) => names.split(","));
  for (const row of requested.length === 0 ? [] : answer.rows)
    if (String(Object.keys(Object(row))) !== String([...new Set(requested)]))
      throw new Error(`${target} has ${Object.keys(Object(row))} in a row`);
  const whole = requested.length === 0 ? answer : { ...answer, rows: [] };
  return Buffer.from(
    JSON.stringify(whole, (name, value) =>
      /_(at|time)$|^as_of$/.test(name) ? inSeconds(value) : value,
    ),
  );
}

/** Unix seconds of a text as `time=iso` writes it. */
function inSeconds(value: unknown): unknown {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return value;
  return Date.parse(value) / 1000;
}

/** The body as it was before compression. */
export async function decodedBody(response: Response): Promise<Buffer> {
  const bytes = Buffer.from(await response.arrayBuffer());
  switch (response.headers.get("content-encoding")) {
    case null:
      return bytes;
    case "gzip":
      return gunzipSync(bytes);
    case "br":
      return brotliDecompressSync(bytes);
    case "zstd":
      return zstdDecompressSync(bytes);
  }
  throw new Error("an encoding that was not requested");
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}

function escape(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}
