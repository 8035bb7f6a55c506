// The comms of a frame's widgets: ipywidgets' own form of them, over messages to the page.
import type { IClassicComm, ICallbacks } from "@jupyter-widgets/base";

import type { FromKernel, Json, ToKernel } from "./kernel-message.ts";

type Hear = (message: object) => void;
type Buffers = ArrayBuffer[] | ArrayBufferView[] | undefined;

export class Comms {
  private readonly open = new Map<string, Comm>();
  private readonly waiting = new Map<string, ICallbacks>();

  constructor(private readonly say: (message: ToKernel) => void) {}

  create(target: string, id: string): Comm {
    const comm = new Comm(id, target, this);
    this.open.set(id, comm);
    return comm;
  }

  send(type: ToKernel["type"], comm: Comm, data: unknown, callbacks: ICallbacks | undefined, metadata: Json | undefined, buffers: Buffers): string {
    const id = crypto.randomUUID();
    if (callbacks !== undefined) this.waiting.set(id, callbacks);
    // A copy as plain data: it is sent to another window.
    const plain = JSON.parse(JSON.stringify(data ?? {})) as Json;
    this.say({ id, type, comm: comm.comm_id, target: comm.target_name, data: plain, metadata: { ...metadata }, buffers: (buffers ?? []).map(bytesOf) });
    if (type === "comm_close") this.open.delete(comm.comm_id);
    return id;
  }

  /** Passes on what is for a comm or for somebody who waits; a comm that the kernel opened is new. */
  hear({ type, parent, content, metadata, buffers }: FromKernel): Comm | undefined {
    const id = String(content["comm_id"]);
    const message = { header: { msg_type: type }, parent_header: { msg_id: parent }, content, metadata, buffers: buffers.map((bytes) => new DataView(bytes)) };
    if (type === "comm_open") return this.open.has(id) ? undefined : this.create(String(content["target_name"]), id);
    if (type === "comm_msg") this.open.get(id)?.heard(message);
    if (type === "comm_close") this.open.get(id)?.closed(message);
    if (type !== "status") return undefined;
    this.waiting.get(parent)?.iopub?.["status"]?.(message as never);
    if (content["execution_state"] === "idle") this.waiting.delete(parent);
    return undefined;
  }
}

class Comm implements IClassicComm {
  heard: Hear = () => undefined;
  closed: Hear = () => undefined;

  constructor(readonly comm_id: string, readonly target_name: string, private readonly comms: Comms) {}

  open(data: unknown, callbacks?: ICallbacks, metadata?: Json, buffers?: Buffers): string {
    return this.comms.send("comm_open", this, data, callbacks, metadata, buffers);
  }

  send(data: unknown, callbacks?: ICallbacks, metadata?: Json, buffers?: Buffers): string {
    return this.comms.send("comm_msg", this, data, callbacks, metadata, buffers);
  }

  close(data?: unknown, callbacks?: ICallbacks, metadata?: Json, buffers?: Buffers): string {
    return this.comms.send("comm_close", this, data, callbacks, metadata, buffers);
  }

  on_msg(hear: Hear): void {
    this.heard = hear;
  }

  on_close(hear: Hear): void {
    this.closed = hear;
  }
}

function bytesOf(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  return buffer instanceof ArrayBuffer ? buffer : (buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer);
}
