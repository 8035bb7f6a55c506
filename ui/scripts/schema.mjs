// Writes `src/api/schema.ts`: the API's types, from the OpenAPI document that the server's handlers make.
import { readFileSync, writeFileSync } from "node:fs";

const DOCUMENT = new URL("../../openapi/nbpress.json", import.meta.url);
export const TARGET = new URL("../src/api/schema.ts", import.meta.url);

/** The text of the file, for a parsed document. */
export function schemaOf(document) {
  const shapes = Object.entries(document.components.schemas).map(([name, schema]) => {
    return `${comment(schema.description, "")}export type ${name} = ${typeOf(schema, "")};\n`;
  });
  const routes = Object.entries(document.paths)
    .filter(([path]) => !path.startsWith("/v1/worker/"))
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, route]) => routeOf(method, path, route)));
  return [
    "// Made by `npm run schema` from openapi/nbpress.json; a test compares them. Do not edit.\n",
    ...shapes,
    `/** Every route: what is in its path, query and body, and what it answers. */\nexport interface Routes {\n${routes.join("")}}\n`,
  ].join("\n");
}

export function read() {
  return JSON.parse(readFileSync(DOCUMENT, "utf8"));
}

function routeOf(method, path, route) {
  const parameters = route.parameters ?? [];
  const fields = (place) =>
    parameters
      .filter((parameter) => parameter.in === place)
      .map((parameter) => `${key(parameter.name)}${parameter.required ? "" : "?"}: ${withoutNull(parameter.schema)}`);
  const query = fields("query");
  // A workspace is taken by every route, said by few.
  if (!query.some((field) => field.startsWith("workspace"))) query.push("workspace?: string");
  const shape = [
    `path: ${object(fields("path"))}`,
    `query: ${object(query)}`,
    `body: ${content(route.requestBody) ?? "undefined"}`,
    `answer: ${answer(route.responses)}`,
  ];
  return `${comment(route.summary, "  ")}  "${method.toUpperCase()} ${path}": { ${shape.join("; ")} };\n`;
}

function answer(responses) {
  const good = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  const types = good.map(([, response]) => content(response) ?? "undefined");
  return [...new Set(types)].join(" | ");
}

function content(body) {
  const schema = body?.content?.["application/json"]?.schema;
  return schema === undefined ? undefined : typeOf(schema, "  ");
}

function object(fields) {
  return fields.length === 0 ? "object" : `{ ${fields.join("; ")} }`;
}

function withoutNull(schema) {
  return typeOf(schema, "").replace(/ \| null$/, "");
}

function typeOf(schema, indent) {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const some = schema.oneOf ?? schema.anyOf;
  if (some !== undefined) return unique(some.map((part) => typeOf(part, indent))).join(" | ");
  if (schema.allOf !== undefined) return schema.allOf.map((part) => typeOf(part, indent)).join(" & ");
  const types = [schema.type ?? []].flat();
  if (types.length > 1) return unique(types.map((type) => typeOf({ ...schema, type }, indent))).join(" | ");
  switch (types[0]) {
    case "string":
    case "boolean":
    case "null":
      return types[0];
    case "integer":
    case "number":
      return "number";
    case "array":
      return `${group(typeOf(schema.items, indent))}[]`;
    case "object":
      return objectOf(schema, indent);
    default:
      return "unknown";
  }
}

function objectOf(schema, indent) {
  const { properties, additionalProperties: more } = schema;
  if (properties === undefined) {
    const value = typeof more === "object" ? typeOf(more, indent) : "unknown";
    return `{ [name: string]: ${value} }`;
  }
  const inner = `${indent}  `;
  const required = new Set(schema.required);
  const fields = Object.entries(properties).map(([name, property]) => {
    const optional = required.has(name) ? "" : "?";
    return `${comment(property.description, inner)}${inner}${key(name)}${optional}: ${typeOf(property, inner)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

function unique(types) {
  const flat = [...new Set(types)].filter((type) => type !== "null");
  return types.includes("null") ? [...flat, "null"] : flat;
}

function group(type) {
  return /[|&]/.test(type) ? `(${type})` : type;
}

function key(name) {
  return /^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name);
}

function comment(text, indent) {
  if (!text) return "";
  const lines = text.split("\n").filter((line) => !line.startsWith("```"));
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(TARGET, schemaOf(read()));
