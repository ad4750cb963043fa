import manifest from "../../package.json" with { type: "json" };

/** The version of this program; that of the API's contract is another one. */
export const PROGRAM_VERSION: string = manifest.version;
