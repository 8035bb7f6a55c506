// The rows that are looked at as code, to be copied.
import { useState } from "react";

import type { Look } from "./address.ts";
import { asPandas, asPolars, asSql } from "./code.ts";
import { Menu } from "./menu.tsx";
import type { TableColumn } from "./source.ts";

export function CodeMenu({ columns, look, path }: { columns: TableColumn[]; look: Look; path: string | undefined }) {
  const shown = { columns, hidden: look.hidden, ...look.query, path };
  return (
    <Menu label="Code" className="explorer-code">
      <Code label="pandas" code={asPandas(shown)} />
      <Code label="polars" code={asPolars(shown)} />
      <Code label="SQL" code={asSql(shown)} />
    </Menu>
  );
}

function Code({ label, code }: { label: string; code: string }) {
  const [copied, setCopied] = useState<string>();
  const copy = () => navigator.clipboard.writeText(code).then(() => setCopied(code), () => setCopied(undefined));
  return (
    <>
      <h3>{label}<button type="button" className="link-button" aria-label={`Copy as ${label}`} onClick={() => void copy()}>{copied === code ? "Copied" : "Copy"}</button></h3>
      <pre>{code}</pre>
    </>
  );
}
