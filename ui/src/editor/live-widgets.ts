// Widgets of the editor's kernel: what frames say to it, and what it says to them.
import { type FromKernel, isForFrames, type ToKernel } from "../frame/kernel-message.ts";
import type { Live } from "../output/live.ts";
import type { Kernel, Message } from "./kernel.ts";

const TARGET = "jupyter.widget";

export function liveWidgets(kernel: Kernel): Live {
  const said = new Set<string>();
  return {
    knows: async (model) => {
      const answer = await kernel.ask("comm_info_request", { target_name: TARGET });
      return Object.hasOwn((answer?.content["comms"] as object | undefined) ?? {}, model);
    },
    say: ({ id, type, comm, target, data, metadata, buffers }: ToKernel) => {
      said.add(id);
      const content = { comm_id: comm, data, ...(type === "comm_open" ? { target_name: target } : {}) };
      void kernel.tell(id, type, content, metadata, buffers);
    },
    listen: (hear) => kernel.listen((message) => isForFrames(message.header.msg_type) && message.channel === "iopub" && hear(passedOn(message, said))),
  };
}

function passedOn({ header, parent_header, content, metadata, buffers }: Message, said: ReadonlySet<string>): FromKernel {
  const parent = parent_header.msg_id ?? "";
  return { type: header.msg_type, parent, isOurs: said.has(parent), content, metadata, buffers };
}
