// A notebook's document as far as it is shown (https://nbformat.readthedocs.io/en/latest/format_description.html).

export type Text = string | string[];
export type MimeBundle = { [mime: string]: unknown };

export type Output =
  | { output_type: "stream"; name: string; text: Text }
  | { output_type: "display_data"; data: MimeBundle; metadata?: MimeBundle }
  | { output_type: "execute_result"; data: MimeBundle; metadata?: MimeBundle; execution_count?: number | null }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

export interface NotebookCell {
  id?: string;
  cell_type: "code" | "markdown" | "raw";
  source: Text;
  metadata?: { tags?: string[]; [name: string]: unknown };
  attachments?: { [name: string]: MimeBundle };
  outputs?: Output[];
  execution_count?: number | null;
}

export interface Notebook {
  cells: NotebookCell[];
  metadata: {
    title?: string;
    kernelspec?: { name?: string; display_name?: string; language?: string };
    language_info?: { name?: string };
    [name: string]: unknown;
  };
}

export function joined(text: Text | undefined): string {
  return Array.isArray(text) ? text.join("") : (text ?? "");
}
