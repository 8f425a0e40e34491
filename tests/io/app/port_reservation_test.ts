import assert from "node:assert/strict";
import { reservePort } from "../../../lib/io/app/port_reservation.ts";
import { freePort } from "../../support/provision.ts";

const HOST = "127.0.0.1";

Deno.test("reservePort() holds a free port so that only workers can open it", () => {
  using reservation = reservePort(HOST, 0);
  const { port } = reservation;
  assert.notEqual(port, 0);
  assert.throws(() => Deno.listen({ hostname: HOST, port }), Deno.errors.AddrInUse);
  using _worker = Deno.listen({ hostname: HOST, port, reusePort: true });
});

Deno.test("reservePort() refuses a port that is taken, even by a program that would share it", () => {
  using other = Deno.listen({ hostname: HOST, port: 0, reusePort: true });
  assert.throws(() => reservePort(HOST, other.addr.port), Deno.errors.AddrInUse);
});

Deno.test("reservePort() leaves a port that is given to whoever opens it", () => {
  const port = freePort();
  using reservation = reservePort(HOST, port);
  assert.equal(reservation.port, port);
  using _program = Deno.listen({ hostname: HOST, port });
});
