/** The members of a room of 10,000. */
import { Roster } from "../lib/core/presence/roster.ts";
import { name, user } from "./fixtures.ts";

const PEOPLE = 10_000;
const node = "bench";

function full(): Roster {
  const roster = new Roster();
  for (let i = 0; i < PEOPLE; i++) {
    roster.apply({ kind: "here", node, user: user(i), name: name(i) });
  }
  return roster;
}

const roster = full();
roster.takeDiff();
let next = PEOPLE;
Deno.bench("Roster.apply(): one member joins and leaves", { group: "one", baseline: true }, () => {
  const member = user(++next);
  roster.apply({ kind: "here", node, user: member, name: name(next) });
  roster.apply({ kind: "gone", node, user: member });
  roster.takeDiff();
});
Deno.bench("Roster.list(): the first 100", { group: "one" }, () => {
  roster.list(100);
});
Deno.bench("Roster.list(): all", { group: "all", baseline: true }, () => {
  roster.list();
});
Deno.bench("Roster.apply() 10,000 times, and one takeDiff()", { group: "all" }, () => {
  full().takeDiff();
});

const table = Array.from({ length: PEOPLE }, (_, index) => {
  return { user: user(index), name: name(index), nodes: [node] };
});
Deno.bench("Roster.reset(): the same 10,000", { group: "all" }, () => {
  roster.reset(table);
});
