// JSON as a tree that opens.

export function Json({ value, name, open = false }: { value: unknown; name?: string; open?: boolean }) {
  const label = name === undefined ? null : <span className="json-key">{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return <div className="json-leaf">{label}<span className={`json-${value === null ? "null" : typeof value}`}>{JSON.stringify(value)}</span></div>;
  }
  const entries = Object.entries(value);
  const [begin, end] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return <div className="json-leaf">{label}{begin}{end}</div>;
  return (
    <details className="json" open={open}>
      <summary>{label}<span className="muted">{begin}{entries.length}{end}</span></summary>
      {entries.slice(0, MOST).map(([key, child]) => <Json key={key} name={key} value={child} />)}
      {entries.length > MOST ? <div className="json-leaf muted">{(entries.length - MOST).toLocaleString("en")} more</div> : null}
    </details>
  );
}

const MOST = 200;
