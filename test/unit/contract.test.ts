import { expect, test } from "bun:test";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { Contract } from "../support/contract.ts";

const TARGET = "/api/funding/current";

test("the document allows added fields, and our answers are checked against the documented ones", async () => {
  const contract = await Contract.served();
  const sent = await testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")]))).get(TARGET);
  const body = (await sent.json()) as { readonly rows: readonly object[] };
  const answer = (changed: object): Response =>
    new Response(JSON.stringify(changed), { headers: { "content-type": "application/json" } });
  await contract.check("GET", TARGET, answer(body));
  const [row = {}] = body.rows;
  for (const changed of [
    { ...body, surprise: 1 },
    { ...body, rows: [{ ...row, surprise: 1 }] },
    { ...body, rows: [{ ...row, flags: ["no_such_flag"] }] },
  ])
    await expect(contract.check("GET", TARGET, answer(changed))).rejects.toThrow(
      "breaks its schema",
    );
});
