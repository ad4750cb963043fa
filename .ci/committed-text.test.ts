import { expect, test } from "bun:test";
import { committedText, linesWith } from "../test/support/committed-text.ts";

const FILES = await committedText();

// Spelled so that this file does not match itself.
const REGISTRY_HOST = new RegExp(
  ["registry\\.(npmjs|yarnpkg)\\.", "npm\\.pkg\\.", "jsr\\.io", "npmmirror\\."].join("|"),
);
const MACHINE_PATH = new RegExp(
  `(^|[\\s"'\`(=:])/(${["work", "root", "home/\\w+", "Users/\\w+"].join("|")})(/|$|[\\s"'\`)])`,
);

test("committed files name no package registry, so that each user's own settings apply", () => {
  expect(linesWith(FILES, REGISTRY_HOST)).toEqual([]);
});

test("committed files name no folder of a particular machine", () => {
  expect(linesWith(FILES, MACHINE_PATH)).toEqual([]);
});

test.each([
  [REGISTRY_HOST, ["https://registry", "npmjs.org/zod"].join(".")],
  [MACHINE_PATH, ["see ", "work/main/src"].join("/")],
  [MACHINE_PATH, ['"', "home/someone/project"].join("/")],
])("a planted line is found (%#)", (pattern, line) => {
  expect(linesWith(new Map([["a.md", `first\n${line}\n`]]), pattern)).toEqual(["a.md:2"]);
});
