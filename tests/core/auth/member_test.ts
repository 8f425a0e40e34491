/** Members: how their devices sign in. */
import assert from "node:assert/strict";
import {
  type Device,
  DEVICE_KEPT_MS,
  keptDevices,
  MAX_DEVICES,
  type Member,
  parseMember,
  signInDevice,
  withDevice,
  withoutDevice,
} from "../../../lib/core/auth/member.ts";
import { user } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";

const NOW = Date.UTC(2026, 0, 1);

function device(id: string, fields: Partial<Device> = {}): Device {
  return { id, label: "", addedAt: NOW, usedAt: NOW, serial: 0, ...fields };
}

function member(...devices: readonly Device[]): Member {
  const origin = { joinedAt: NOW, invitedBy: null } as const;
  return { user: user("m_ann00000"), name: name("Ann"), role: "member", ...origin, devices };
}

const ids = ({ devices }: Pick<Member, "devices">) => devices.map(({ id }) => id);

Deno.test("withDevice() drops the device that was unused for longest when there are too many", () => {
  const devices = Array.from(
    { length: MAX_DEVICES },
    (_, index) => device(`d${index}`, { usedAt: index === 7 ? NOW - 9 : NOW - 1 }),
  );
  const { devices: kept } = withDevice(member(...devices), device("new"));
  assert.equal(kept.length, MAX_DEVICES);
  assert.equal(kept.some(({ id }) => id === "d7"), false);
  assert.equal(kept.some(({ id }) => id === "new"), true);
  const one = withDevice(member(...devices.slice(1)), device("new"));
  assert.equal(one.devices.length, MAX_DEVICES);
  assert.equal(one.devices.some(({ id }) => id === "d7"), true);
});

Deno.test("A device is kept for 90 days after its last use, to the millisecond", () => {
  const ann = member(device("old", { usedAt: NOW - DEVICE_KEPT_MS }), device("new"));
  assert.deepEqual(keptDevices(ann, NOW).map(({ id }) => id), ["new"]);
  assert.deepEqual(keptDevices(ann, NOW - 1).map(({ id }) => id), ["old", "new"]);
  assert.equal(signInDevice(ann, "old", 1, NOW), undefined);
  assert.notEqual(signInDevice(ann, "old", 1, NOW - 1), undefined);
  assert.deepEqual(ids(withDevice(ann, device("third"))), ["new", "third"]);
});

Deno.test("withoutDevice() removes one device", () => {
  const ann = member(device("one"), device("two"));
  assert.deepEqual(ids(withoutDevice(ann, "one")), ["two"]);
  assert.deepEqual(ids(withoutDevice(ann, "three")), ["one", "two"]);
});

Deno.test("signInDevice() records the token's number and the time, and changes no other device", () => {
  const ann = member(device("one"), device("two", { serial: 4 }));
  const signedIn = signInDevice(ann, "two", 5, NOW + 1);
  assert.deepEqual(signedIn?.device, device("two", { serial: 5, usedAt: NOW + 1 }));
  assert.deepEqual(signedIn?.member.devices, [device("one"), signedIn?.device]);
});

Deno.test("signInDevice() refuses a token once a newer one was used, and a device that is not known", () => {
  const ann = member(device("one", { serial: 4 }));
  assert.equal(signInDevice(ann, "one", 3, NOW), undefined);
  assert.equal(signInDevice(ann, "two", 4, NOW), undefined);
  assert.equal(signInDevice(ann, "one", 4, NOW)?.device.serial, 4);
});

Deno.test("signInDevice() records the use of the same token once in a minute", () => {
  const ann = member(device("one", { serial: 4 }));
  assert.equal(signInDevice(ann, "one", 4, NOW + 59_999)?.member, ann);
  const later = signInDevice(ann, "one", 4, NOW + 60_000);
  assert.deepEqual(later?.member.devices, [device("one", { serial: 4, usedAt: NOW + 60_000 })]);
});

Deno.test("A clock that runs behind does not make a device look unused", () => {
  const ann = member(device("one"));
  assert.equal(signInDevice(ann, "one", 1, NOW - 5_000)?.device.usedAt, NOW);
});

Deno.test("parseMember() reads what was stored", () => {
  const stored = member(device("one", { label: "Firefox" }));
  assert.deepEqual(parseMember(JSON.parse(JSON.stringify(stored))), stored);
});

const DAMAGED = {
  "a text": "Ann",
  "no user": { ...member(), user: undefined },
  "a user who cannot be one": { ...member(), user: "" },
  "a name that cannot be shown": { ...member(), name: "" },
  "an unknown role": { ...member(), role: "king" },
  "no time": { ...member(), joinedAt: null },
  "no devices": { ...member(), devices: undefined },
  "a device without an id": { ...member(), devices: [{ ...device("one"), id: 1 }] },
  "a token number that is not whole": { ...member(), devices: [device("one", { serial: 0.5 })] },
};

for (const [what, stored] of Object.entries(DAMAGED)) {
  Deno.test(`parseMember() refuses ${what}`, () => {
    assert.equal(parseMember(stored), undefined);
  });
}
