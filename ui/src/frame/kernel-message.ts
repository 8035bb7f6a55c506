// What widgets in a frame and a kernel say to each other, by way of the page (https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages).

export type Json = { [name: string]: unknown };

/** From a frame: one of the three things that are said on a comm. */
export interface ToKernel {
  /** Answers name it. */
  id: string;
  type: "comm_open" | "comm_msg" | "comm_close";
  comm: string;
  /** Of a comm that is opened. */
  target?: string;
  data: Json;
  metadata: Json;
  buffers: ArrayBuffer[];
}

/** To a frame: what a kernel says on its comms, and of what the frame's own messages came. */
export interface FromKernel {
  type: string;
  /** The message it answers, and whether a frame of this page has said that. */
  parent: string;
  isOurs: boolean;
  content: Json;
  metadata: Json;
  buffers: ArrayBuffer[];
}

/** The only comm that a frame may open: through it the kernel tells what widgets there are. */
export const CONTROL = "jupyter.widget.control";

/** Whether a frame may say this: frames hold what kernels and strangers made, and could say anything. */
export function mayPass(message: ToKernel): boolean {
  if (typeof message.id !== "string" || typeof message.comm !== "string" || !Array.isArray(message.buffers)) return false;
  if (message.type === "comm_open") return message.target === CONTROL;
  return message.type === "comm_msg" || message.type === "comm_close";
}

/** What is passed to frames of all that is on the kernel's broadcast channel. */
export function isForFrames(type: string): boolean {
  return ["comm_open", "comm_msg", "comm_close", "status", "stream", "display_data", "execute_result", "error", "clear_output"].includes(type);
}
