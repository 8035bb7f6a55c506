function printed(value) {
  if (value === null) return "n";
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value === "bigint") return `i${value}`;
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "dnan";
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return "d" + bytes.toString("hex");
  }
  if (typeof value === "string") return "s" + Buffer.from(value, "utf8").toString("hex");
  if (Array.isArray(value)) return "[" + value.map(printed).join(",") + "]";
  const entries = Object.keys(value).map((key) => `${printed(key)}:${printed(value[key])}`);
  return "{" + entries.sort().join(",") + "}";
}
function show(value) {
  console.log(printed(value));
}
