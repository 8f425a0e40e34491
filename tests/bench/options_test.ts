/** The options of the bench, and what it runs for them. */
import assert from "node:assert/strict";
import { isWanted, parseOptions } from "../../bench/fanout/options.ts";
import { turns } from "../../bench/fanout/rounds.ts";
import { parseVersions } from "../../bench/fanout/peers/debian.ts";
import { TARGETS } from "../../bench/fanout/report/goals.ts";
import { clientProtocolOf } from "../../bench/fanout/load/orders.ts";
import { PEERS_BY_NAME } from "../../bench/fanout/peers/peers.ts";
import type { Source } from "../../bench/fanout/report/targets.ts";
import { WORKS } from "../../bench/fanout/works.ts";

Deno.test("parseOptions() without arguments requests five rounds of everything", () => {
  assert.deepEqual(parseOptions([]), {
    ...{ rounds: 5, only: [], from: undefined, json: undefined, measures: true, writes: true },
  });
});

for (
  const [args, measures, writes] of [
    [["--from=a"], false, true],
    [["--from=a", "--only=echo"], true, true],
    [["--from=a", "--rounds=2"], true, true],
    [["--quick"], true, false],
    [["--only=echo"], true, false],
  ] as const
) {
  Deno.test(`parseOptions() of ${args.join(" ")}: measures ${measures}, writes ${writes}`, () => {
    const options = parseOptions(args);
    assert.ok(typeof options === "object");
    assert.deepEqual([options.measures, options.writes], [measures, writes]);
  });
}

for (const arg of ["--rounds=0", "--rounds=x", "--only", "--quick=1", "--dance=1", "echo"]) {
  Deno.test(`parseOptions() rejects ${arg}`, () => {
    assert.equal(typeof parseOptions([arg]), "string");
  });
}

Deno.test("isWanted() accepts a work, a peer, or both", () => {
  for (const only of [[], ["echo"], ["bun"], ["echo/bun"]]) {
    assert.ok(isWanted(only, "echo", "bun"), only.join());
  }
  for (const only of [["idle"], ["ws"], ["echo/ws"]]) {
    assert.ok(!isWanted(only, "echo", "bun"), only.join());
  }
});

Deno.test("turns() omits absent peers", () => {
  const all = turns(WORKS, ["echo"], []);
  const some = turns(WORKS, ["echo"], [{ peer: "bare-deno", why: "no" }]);
  assert.equal(some.length, all.length - 1);
});

Deno.test("Every cell belongs to an existing peer, and no two of a work are the same", () => {
  for (const { name, cells } of WORKS) {
    const places = cells.flatMap(({ peer, variants }) => variants.map((it) => `${peer} ${it}`));
    assert.equal(new Set(places).size, places.length, name);
    for (const { peer } of cells) assert.ok(PEERS_BY_NAME.has(peer), peer);
  }
});

Deno.test("Every target refers to cells that are run", () => {
  const sources = TARGETS.flatMap(({ measure }): Source[] => {
    if (measure.kind === "value") return [measure.of];
    return [measure.of, measure.kind === "ratio" ? measure.to : measure.than];
  });
  for (const { work, variant, peer } of sources) {
    const cells = WORKS.find(({ name }) => name === work)?.cells ?? [];
    const isPlayed = cells.some((it) => it.peer === peer && it.variants.includes(variant));
    assert.ok(isPlayed, `${work}, ${variant}, ${peer}`);
  }
});

Deno.test("Connections elsewhere are distributed evenly over the given number of rooms", () => {
  const protocol = clientProtocolOf({ kind: "elsewhere", rooms: 20, each: 10 });
  const rooms = [0, 1].flatMap((index) =>
    protocol.openingMessages(index).join("\n").match(/elsewhere-\d+/g) ?? []
  );
  assert.equal(new Set(rooms).size, 20);
});

Deno.test("parseVersions() drops the epoch of a Debian version", () => {
  const versions = parseVersions("nginx 1.22.1-9\nlibnginx-mod-nchan 1:1.3.6+dfsg-2\n");
  assert.equal(versions.get("libnginx-mod-nchan"), "1.3.6+dfsg-2");
  assert.equal(versions.get("nginx"), "1.22.1-9");
});
