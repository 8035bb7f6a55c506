// Messages of kernels on a WebSocket: JSON, or with buffers their number, where each part begins, and the parts, of
// which the first is the JSON (https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html).
import type { Message } from "./kernel.ts";

export function toWire({ buffers, ...rest }: Omit<Message, "header"> & { header: object }): string | ArrayBuffer {
  if (buffers.length === 0) return JSON.stringify({ ...rest, buffers: [] });
  const parts = [new TextEncoder().encode(JSON.stringify(rest)), ...buffers.map((buffer) => new Uint8Array(buffer))];
  const begins = 4 * (parts.length + 1);
  const whole = new Uint8Array(begins + parts.reduce((sum, part) => sum + part.length, 0));
  const numbers = new DataView(whole.buffer);
  numbers.setUint32(0, parts.length);
  let at = begins;
  for (const [index, part] of parts.entries()) {
    numbers.setUint32(4 * (index + 1), at);
    whole.set(part, at);
    at += part.length;
  }
  return whole.buffer;
}

export function fromWire(data: string | ArrayBuffer): Message {
  if (typeof data === "string") return { ...(JSON.parse(data) as Message), buffers: [] };
  const numbers = new DataView(data);
  const count = numbers.getUint32(0);
  const begins = Array.from({ length: count }, (_, index) => numbers.getUint32(4 * (index + 1)));
  const [json = new ArrayBuffer(0), ...buffers] = begins.map((begin, index) => data.slice(begin, begins[index + 1] ?? data.byteLength));
  return { ...(JSON.parse(new TextDecoder().decode(json)) as Message), buffers };
}
