// What happens in a run: the events of its journal, as `/v1/runs/{run}/events` sends them.
import type { MimeBundle, Notebook, Output } from "../notebook/nbformat.ts";

export type CellStatus = "pending" | "running" | "completed" | "failed" | "skipped" | "not_run";

export interface CellError {
  ename: string;
  evalue: string;
  traceback?: string[];
}

export interface Outcome {
  status: "succeeded" | "failed" | "cancelled";
  class: string | null;
  reason: string | null;
  cell: number | null;
  error: CellError | null;
  peak_memory_bytes?: number | null;
  cpu_seconds?: number | null;
  disk_bytes?: number | null;
}

export interface Header {
  run_id: string;
  source: { path: string; sha256: string };
  parameters: { [name: string]: unknown };
  platform: string;
  git_commit: { commit: string } | null;
  started_at: string;
}

export interface KernelInfo {
  name: string;
  language: string;
  language_version: string;
  implementation_version: string;
  environment?: string | null;
}

export type RunEvent =
  | { type: "run_started"; header: Header; notebook: Notebook }
  | { type: "kernel_started"; kernel: KernelInfo; at: string }
  | { type: "resumed"; resumption: { way: "fork" | "pickle" | "rerun"; cell: number; first: number; changed: number[]; lost: string[] }; at: string }
  | { type: "cell_carried"; cell: number; run: string; outputs: Output[]; execution_count: number | null; at: string }
  | { type: "cell_started"; cell: number; at: string }
  | { type: "execute_input"; cell: number; execution_count: number; at: string }
  | { type: "output"; cell: number; output: Output; display_id: string | null; at: string }
  | { type: "display_updated"; display_id: string; data: MimeBundle; metadata: MimeBundle }
  | { type: "output_cleared"; cell: number; wait: boolean }
  | { type: "cell_finished"; cell: number; status: CellStatus; execution_count: number | null; error: CellError | null; at: string }
  | { type: "notebook_metadata"; path: string[]; value: unknown }
  | { type: "usage"; memory_bytes: number; cpu_seconds: number; at: string }
  | { type: "note"; level: "info" | "warning" | "error"; text: string; at: string }
  | { type: "run_finished"; outcome: Outcome; at: string };
