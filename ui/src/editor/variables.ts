// What a Python kernel has under which name. It is asked silently: nothing is counted, kept or shown for it.
import type { Kernel } from "./kernel.ts";

export interface Variable {
  name: string;
  type: string;
  /** Its shape or length, or its value if that is short. */
  what: string;
}

/** Only the names that the notebook made; nothing is computed but `repr` of plain values. */
const CODE = `def _nbpress_list(space):
    import json, types
    hidden = {"In", "Out", "exit", "quit", "get_ipython", "open"}
    plain = (bool, int, float, str, bytes, type(None))
    found = []
    for name, value in list(space.items()):
        if name.startswith("_") or name in hidden or isinstance(value, types.ModuleType):
            continue
        kind = type(value)
        try:
            shape = getattr(value, "shape", None)
            if isinstance(shape, tuple):
                what = " × ".join(str(part) for part in shape)
            elif kind in (list, tuple, dict, set):
                what = str(len(value))
            else:
                what = repr(value)[:80] if isinstance(value, plain) else ""
        except Exception:
            what = ""
        found.append([name, kind.__name__, what])
    print(json.dumps(found[:200]))
try:
    _nbpress_list(globals())
finally:
    del _nbpress_list
`;

/** Undefined if the kernel says nothing. */
export async function variables(kernel: Kernel): Promise<Variable[] | undefined> {
  const request = { code: CODE, silent: true, store_history: false, user_expressions: {}, allow_stdin: false, stop_on_error: false };
  const answer = await kernel.ask("execute_request", request);
  return answer === undefined ? undefined : variablesOf(answer.printed);
}

export function variablesOf(printed: string): Variable[] | undefined {
  try {
    const found = JSON.parse(printed) as [string, string, string][];
    return found.map(([name, type, what]) => ({ name, type, what }));
  } catch {
    return undefined;
  }
}
