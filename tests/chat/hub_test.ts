import assert from "node:assert/strict";
import { Hub, type Membership } from "../../lib/chat/hub.ts";
import { FakeBus, name, room } from "../fakes.ts";

const lobby = room("lobby");
const said = (text: string) => ({ room: lobby, author: name("Ann"), text });

Deno.test("Hub hands every member of a room the very same string", () => {
  const hub = new Hub(new FakeBus());
  const frames: string[][] = [[], []];
  frames.forEach((heard, i) => hub.join(lobby, name(`m${i}`), { deliver: (f) => heard.push(f) }));
  hub.receive([said("a"), said("b")]);
  assert.deepEqual(frames, [["Ann: a", "Ann: b"], ["Ann: a", "Ann: b"]]);
});

Deno.test("Hub goes on to the next member when one leaves in the midst of a delivery", () => {
  const hub = new Hub(new FakeBus());
  const heard: string[] = [];
  const places: (Membership | undefined)[] = [];
  places.push(hub.join(lobby, name("slow"), { deliver: () => places[0]?.[Symbol.dispose]() }));
  places.push(hub.join(lobby, name("next"), { deliver: (frame) => heard.push(frame) }));
  hub.receive([said("a"), said("b")]);
  assert.deepEqual(heard, ["Ann: a", "Ann: b"]);
  assert.equal(hub.isTaken(lobby, name("slow")), false);
});

Deno.test("Hub follows a room for each member, and lets it go as often", () => {
  const bus = new FakeBus();
  const hub = new Hub(bus);
  const silent = { deliver() {} };
  const one = hub.join(lobby, name("1"), silent);
  const two = hub.join(lobby, name("2"), silent);
  assert.deepEqual([bus.followed, bus.unfollowed], [[lobby, lobby], []]);
  one?.[Symbol.dispose]();
  one?.[Symbol.dispose]();
  assert.deepEqual(bus.unfollowed, [lobby]);
  two?.[Symbol.dispose]();
  assert.deepEqual(bus.unfollowed, [lobby, lobby]);
});

Deno.test("Membership disposed twice does not put out whoever has the name since", () => {
  const hub = new Hub(new FakeBus());
  const first = hub.join(lobby, name("Ann"), { deliver() {} });
  first?.[Symbol.dispose]();
  hub.join(lobby, name("Ann"), { deliver() {} });
  first?.[Symbol.dispose]();
  assert.equal(hub.isTaken(lobby, name("Ann")), true);
});

Deno.test("Hub passes over what is said in rooms that it does not know", () => {
  assert.doesNotThrow(() => new Hub(new FakeBus()).receive([said("a")]));
});
