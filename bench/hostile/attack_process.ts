/**
 * Runs one attack in a process of its own, so that it can be given a lower priority than the service: in real life it
 * runs on other machines. Prints the refusals as one line of JSON.
 * @module
 */
import { ATTACKS } from "./attacks.ts";
import { Attacker } from "./attacker.ts";

const [name, port, seconds, invite] = Deno.args;
const attack = ATTACKS.find((it) => it.name === name);
if (attack === undefined) throw new RangeError(`Cannot attack: received ${name}`);
const attacker = new Attacker(Number(port), Number(seconds), invite);
await attack.run(attacker);
attacker.closeAll();
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(attacker.refusals)}\n`));
Deno.exit(0);
