// The conversation with a kernel beside what it runs for the server: completion, inspection, what there is.

import { fromWire, toWire } from "./wire.ts";

type Content = { [name: string]: unknown };

export interface Message {
  parent_header: { msg_id?: string };
  header: { msg_type: string };
  content: Content;
  metadata: Content;
  channel: string;
  buffers: ArrayBuffer[];
}

interface Waiting {
  reply: string;
  settle: (answer: Answer | undefined) => void;
  printed: string;
}

/** What came of a question. */
export interface Answer {
  content: Content;
  /** What was written to stdout meanwhile. */
  printed: string;
}

/** A kernel that computes answers when it is done; nobody waits for a completion that long. */
const PATIENCE = 10_000;

/** A connection that is made when something is first asked, and again after it broke. */
export class Kernel {
  private readonly session = crypto.randomUUID();
  private readonly waiting = new Map<string, Waiting>();
  private readonly listeners = new Set<(message: Message) => void>();
  private socket: WebSocket | undefined;

  constructor(readonly id: string) {}

  /** The answer to one request; undefined if none came. */
  async ask(type: string, content: Content): Promise<Answer | undefined> {
    const socket = await this.open().catch(() => undefined);
    if (socket === undefined) return undefined;
    const id = crypto.randomUUID();
    const answer = await new Promise<Answer | undefined>((settle) => {
      this.waiting.set(id, { reply: type.replace("_request", "_reply"), settle, printed: "" });
      setTimeout(settle, PATIENCE);
      socket.send(this.written(id, type, content, {}, []));
    });
    this.waiting.delete(id);
    return answer;
  }

  /** Says something that has no answer. */
  async tell(id: string, type: string, content: Content, metadata: Content, buffers: ArrayBuffer[]): Promise<void> {
    const socket = await this.open().catch(() => undefined);
    socket?.send(this.written(id, type, content, metadata, buffers));
  }

  /** Hears everything that the kernel says, until the returned function is called. */
  listen(hear: (message: Message) => void): () => void {
    this.listeners.add(hear);
    void this.open().catch(() => undefined);
    return () => this.listeners.delete(hear);
  }

  close(): void {
    this.socket?.close();
    this.socket = undefined;
  }

  private written(id: string, type: string, content: Content, metadata: Content, buffers: ArrayBuffer[]): string | ArrayBuffer {
    const header = { msg_id: id, msg_type: type, session: this.session, username: "", date: new Date().toISOString(), version: "5.3" };
    return toWire({ channel: "shell", header, parent_header: {}, metadata, content, buffers });
  }

  private open(): Promise<WebSocket> {
    if (this.socket === undefined || this.socket.readyState > WebSocket.OPEN) {
      const address = new URL(`api/kernels/${this.id}/channels?session_id=${this.session}`, document.baseURI);
      address.protocol = address.protocol.replace("http", "ws");
      this.socket = new WebSocket(address);
      this.socket.binaryType = "arraybuffer";
      this.socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.hear(fromWire(data));
      this.socket.onclose = () => this.forget();
    }
    const { socket } = this;
    if (socket.readyState === WebSocket.OPEN) return Promise.resolve(socket);
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("close", () => reject(new Error("the kernel cannot be reached")));
    });
  }

  private hear(message: Message): void {
    const { header, parent_header, content } = message;
    for (const hear of this.listeners) hear(message);
    const waiting = this.waiting.get(parent_header.msg_id ?? "");
    if (waiting === undefined) return;
    if (header.msg_type === "stream" && content["name"] === "stdout") waiting.printed += String(content["text"]);
    if (header.msg_type === waiting.reply) waiting.settle({ content, printed: waiting.printed });
  }

  private forget(): void {
    for (const { settle } of this.waiting.values()) settle(undefined);
  }
}
