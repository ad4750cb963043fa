import manifest from "../../package.json" with { type: "json" };

/** The version of this program; that of the API's contract is another one. */
export const PROGRAM_VERSION: string = manifest.version;

/** How this program presents itself to exchanges and other services. */
export const USER_AGENT = "funding-finder/0.1";
