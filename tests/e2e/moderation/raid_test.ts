/**
 * A raid: fifty guests from fifty addresses fill three rooms, among people who want to talk. A moderator ends it, and nobody else
 * notices more than that.
 */
import assert from "node:assert/strict";
import type { Frame } from "../../support/clients/json_client.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../support/identity/member_links.ts";
import { type Parley, startParley, whenInstanceReady } from "../../support/parley.ts";
import { startRedis } from "../../support/redis/server.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { Person, PROXIED } from "./crowd.ts";

const ROOMS = ["lobby", "attic", "cellar"];
const RAIDERS = 50;
const BANNED = 4509;
// The raid must not be ended by a rate limit.
const SETTINGS = { ...PROXIED, ...MEMBER_SETTINGS, MESSAGES_PER_SECOND: "0" };

/** The services of a test, and how to start them again. */
interface House extends AsyncDisposable {
  readonly services: readonly Parley[];
  restart(): Promise<void>;
}

/** Services with these settings. @param between What happens while none runs. */
async function openHouse(
  env: Readonly<Record<string, string>>,
  count: number,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<House> {
  const start = async () => {
    const started = await Promise.all(Array.from({ length: count }, () => startParley(env)));
    await Promise.all(started.map(({ url }) => whenInstanceReady(url)));
    return started;
  };
  let services = await start();
  return {
    get services() {
      return services;
    },
    async restart() {
      await Promise.all(services.map((it) => it.stop()));
      await between();
      services = await start();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((it) => it[Symbol.asyncDispose]()));
    },
  };
}

const raiderAddress = (index: number) => `198.51.100.${index + 1}`;

function serviceFor({ services }: House, index: number): Parley {
  return services[index % services.length] ?? assert.fail("no service");
}

/** A member, who joins all rooms. */
async function enterMember(house: House, index: number, role: string): Promise<Person> {
  const invite = await inviteAsOperator(serviceFor(house, 0), { role });
  const hello = { invite, name: `${role}${index}` };
  const person = await Person.open(serviceFor(house, index), `203.0.113.${index + 1}`, hello);
  for (const room of ROOMS) await person.mustAsk({ type: "join", room });
  return person;
}

async function enterGuest(house: House, index: number): Promise<Person> {
  const hello = { name: `Guest${index}` };
  const person = await Person.open(serviceFor(house, index), `203.0.113.${index + 101}`, hello);
  for (const room of ROOMS) await person.mustAsk({ type: "join", room });
  return person;
}

/** Joins all rooms and says something in each. */
async function raid(house: House, index: number): Promise<Person> {
  const hello = { name: `Raider${index}` };
  const raider = await Person.open(serviceFor(house, index), raiderAddress(index), hello);
  for (const room of ROOMS) await raider.mustAsk({ type: "join", room });
  for (const room of ROOMS) {
    await raider.mustAsk({ type: "say", room, text: `raid ${index}` });
  }
  return raider;
}

/** Everybody says something in every room; resolves with what became of it. */
async function sayAll(people: readonly Person[], text: string): Promise<readonly unknown[]> {
  const answers = await Promise.all(
    people.flatMap((it) => ROOMS.map((room) => it.ask({ type: "say", room, text }))),
  );
  return [...new Set(answers.map(({ type, code }) => code ?? type))];
}

/** Bans the raiders from the service, and waits until they and their addresses are out. */
async function banAll(moderator: Person, raiders: readonly Person[]): Promise<void> {
  await moderator.mustAsk({ type: "join", room: "_audit" });
  const began = performance.now();
  const users = await Promise.all(raiders.map((it) => it.user()));
  await Promise.all(
    users.map((user) =>
      moderator.mustAsk({ type: "moderate", action: "ban", user, reason: "raid" })
    ),
  );
  const closed = await Promise.all(raiders.map((it) => it.closed));
  const ms = Math.round(performance.now() - began);
  // deno-lint-ignore no-console -- for people: how long it takes depends on the machine
  console.log(`${raiders.length} bans ended all connections in ${ms} ms`);
  assert.deepEqual([...new Set(closed.map(({ code }) => code))], [BANNED]);
  await Promise.all(users.map((user) =>
    moderator.when(
      ({ event }: Frame) => Object(event).kind === "ban" && Object(event).guest === user,
      `the ban of the address of ${user}`,
    )
  ));
}

/** Raiders come back as somebody else, from the same addresses; resolves with what they were sent. */
async function comeBack(house: House): Promise<readonly Frame[]> {
  const frames = await Promise.all(Array.from({ length: RAIDERS }, async (_, index) => {
    const hello = { name: `Innocent${index}` };
    // On the other instance, if there is one.
    const service = serviceFor(house, index + 1);
    await using person = await Person.open(service, raiderAddress(index), hello);
    assert.equal((await person.closed).code, BANNED);
    return person.frames;
  }));
  return frames.flat();
}

/** Checks that everybody was sent the same, without a gap, and nothing that ends anything. */
async function assertUndisturbed(people: readonly Person[], moderator: Person): Promise<void> {
  for (const room of ROOMS) {
    await moderator.mustAsk({ type: "say", room, text: "end" });
    const isEnd = (it: Frame) => it.room === room && it.text === "end";
    await Promise.all([moderator, ...people].map((it) => it.when(isEnd, `the end of ${room}`)));
    for (const person of people) {
      const all = moderator.said(room), own = person.said(room);
      assert.deepEqual(own, all.slice(all.length - own.length));
      const seqs = own.map((it) => Number(/:(\d+) /.exec(it)?.[1]));
      assert.ok(seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1));
      assert.ok(own.length > RAIDERS, `${own.length} messages in ${room}`);
    }
  }
  for (const person of people) {
    assert.deepEqual(person.frames.filter(({ type }) => type === "left" || type === "lost"), []);
    assert.equal((await person.ask({ type: "ping" })).type, "pong");
  }
}

async function endRaid(house: House): Promise<void> {
  await using held = new AsyncDisposableStack();
  const hold = <T extends Person>(people: readonly T[]): readonly T[] => {
    for (const person of people) held.use(person);
    return people;
  };
  const moderator = held.use(await enterMember(house, 0, "moderator"));
  const members = hold(await Promise.all([1, 2, 3].map((it) => enterMember(house, it, "member"))));
  const guests = hold(await Promise.all([0, 1].map((it) => enterGuest(house, it))));
  const honest = [...members, ...guests];
  assert.deepEqual(await sayAll(honest, "before"), ["ack"]);
  const raiders = hold(
    await Promise.all(Array.from({ length: RAIDERS }, (_, index) => raid(house, index))),
  );
  assert.deepEqual(await sayAll(honest, "what is this?"), ["ack"]);

  for (const room of ROOMS) await moderator.mustAsk({ type: "room", room, slowSeconds: 3_600 });
  // One message counts, and no more.
  await sayAll(raiders, "raid");
  assert.deepEqual(await sayAll(raiders, "raid"), ["slow_down"]);
  assert.deepEqual(await sayAll(honest, "in slow mode"), ["ack"]);
  for (const room of ROOMS) await moderator.mustAsk({ type: "room", room, slowSeconds: 0 });
  await moderator.mustAsk({ type: "moderate", action: "lockdown" });
  const isLocked = ({ type, lockedDown }: Frame) => type === "rules" && lockedDown === true;
  await Promise.all([...raiders, ...guests].map((it) => it.when(isLocked, "lockdown")));
  assert.deepEqual(await sayAll([...raiders, ...guests], "raid"), ["locked_down"]);
  assert.deepEqual(await sayAll(members, "under lockdown"), ["ack"]);
  await banAll(moderator, raiders);
  await comeBack(house);
  await moderator.mustAsk({ type: "moderate", action: "unlock" });
  const unlocked = ({ type, lockedDown }: Frame) => type === "rules" && lockedDown === undefined;
  await Promise.all(guests.map((it) => it.when(unlocked, "the end of lockdown")));
  assert.deepEqual(await sayAll(honest, "after"), ["ack"]);
  await assertUndisturbed(honest, moderator);

  const [member] = members;
  const hello = await member?.when(({ type }) => type === "hello", "the hello");
  await house.restart();
  const returned = await comeBack(house);
  assert.deepEqual(returned.filter(({ type }) => type === "joined"), []);
  const { resume } = Object(hello);
  const again = held.use(await Person.open(serviceFor(house, 1), "203.0.113.2", { resume }));
  const stranger = held.use(await enterGuest(house, 2));
  for (const room of ROOMS) {
    const last = member?.said(room).at(-1)?.split(" ")[0];
    const joined = await again.mustAsk({ type: "join", room, since: last });
    assert.deepEqual([joined.recovered, joined.position], [true, last]);
    const page = await stranger.mustAsk({ type: "history", room, limit: 200 });
    assert.ok(JSON.stringify(page).includes('"text":"after"'));
  }
}

Deno.test("A raid on one service is ended by its moderator, and nobody else is disconnected or refused", async () => {
  await using folder = new TemporaryFolder();
  await using house = await openHouse({ ...SETTINGS, DATA_DIR: folder.path }, 1);
  await endRaid(house);
});

Deno.test("A raid on two services is ended on both, and what was decided survives a restart of all and of Redis", async () => {
  await using redis = await startRedis({
    args: ["--appendonly", "yes", "--appendfsync", "always"],
  });
  const env = { ...SETTINGS, REDIS_URL: redis.url };
  await using house = await openHouse(env, 2, () => redis.restart());
  await endRaid(house);
});
