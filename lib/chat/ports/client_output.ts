/**
 * How a session and its memberships reach the client, whatever protocol it speaks.
 * @module
 */
import type { RoomAction } from "../../core/auth/rights.ts";
import type { FrameEncoder } from "../../core/protocol/encoder.ts";
import type { CloseStatus } from "../../core/protocol/close_codes.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { REQUIRED_ACTION } from "../../core/protocol/request_rights.ts";
import type { Position } from "../../core/log/position.ts";

/** The {@linkcode ClientOutput.joinActions} of clients that read what happens in their rooms. */
export const READERS: readonly RoomAction[] = [REQUIRED_ACTION.join];

/** Sends frames to one client in its protocol. */
export interface ClientOutput {
  /** Encodes frames in the client's protocol. */
  readonly encoder: FrameEncoder;
  /** Whether the client receives session tokens, so that its user can resume. */
  readonly isResumable: boolean;
  /** Whether `joined` should contain the member list and the unread count, which are expensive to determine. */
  readonly wantsJoinDetails: boolean;
  /** What lets the user join a room: to be allowed one of these there. */
  readonly joinActions: readonly RoomAction[];
  /** Whether the user is present in the rooms that it joins, so that others see the user there. */
  readonly isPresent: boolean;
  /** A room is not reachable yet: requests queued for it are refused from now on. */
  onJoinDelayed(): void;
  /** Sends a frame to this client only. */
  sendFrame(frame: Frame): void;
  /** Sends a room's live messages. @param last Position of the newest entry in them. */
  deliver(messages: readonly string[], last: Position): void;
  /** Sends missed messages at the peer's pace. @param last Position of the newest entry in them. */
  replay(messages: readonly string[], last: Position): void;
  /** Whether the peer reads more slowly than messages are sent to it. */
  isBacklogged(): boolean;
  /** Resolves when the peer has read most of what it was sent, or the connection has ended. */
  whenDrained(): Promise<void>;
  /** Closes the connection. */
  close(status: CloseStatus): void;
}
