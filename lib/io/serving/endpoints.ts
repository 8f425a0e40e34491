/**
 * What answers on the socket paths.
 * @module
 */
import { EchoHandler } from "../../chat/handlers/echo_handler.ts";
import { JsonHandler } from "../../chat/handlers/json_handler.ts";
import type { SessionContext } from "../../chat/session/session.ts";
import { TextHandler } from "../../chat/handlers/text_handler.ts";
import type { Config } from "../../core/config/config.ts";
import { JSON_SUBPROTOCOL } from "../../core/protocol/json_protocol.ts";
import type { RouteTargets } from "../http/routes.ts";
import type { Endpoint } from "../http/connection.ts";

/** Size of a frame with the longest text, each byte escaped as `\\u0000`, plus space for the other fields. */
export function maxJsonBytes({ maxMessageBytes }: Config): number {
  return maxMessageBytes * 6 + 4_096;
}

/** The services behind the socket paths. */
export function createEndpoints(
  config: Config,
  context: SessionContext,
): Pick<RouteTargets, "echo" | "text" | "json"> {
  const { maxMessageBytes } = config;
  const echo = (prefix: string): Endpoint => ({
    openHandler: (socket, address) => new EchoHandler(socket, context, prefix, address),
    maxMessageBytes,
  });
  return {
    echo: config.echo === "on" ? echo : null,
    text: (options, hints) => ({
      openHandler: (socket, address) =>
        new TextHandler(socket, context, options, { ...hints, address }),
      maxMessageBytes,
    }),
    json: (hints) => ({
      openHandler: (socket, address) => new JsonHandler(socket, context, { ...hints, address }),
      subprotocol: JSON_SUBPROTOCOL,
      maxMessageBytes: maxJsonBytes(config),
    }),
  };
}
