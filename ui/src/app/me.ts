// Who looks at the page, and what they may do.
import { useQuery } from "../api/query.ts";
import type { Me, Permission } from "../api/schema.ts";

/** The workspace of what is shown. */
const WORKSPACE = "main";
const EVERYWHERE = "*";

/** Whether somebody may do something here; `everywhere` asks for all workspaces. Nobody known may do nothing. */
export function may(me: Me | undefined, permission: Permission, everywhere = false): boolean {
  const places = everywhere ? [EVERYWHERE] : [EVERYWHERE, WORKSPACE];
  return places.some((place) => me?.permissions[place]?.includes(permission) === true);
}

/** Who looks; undefined while that is not known. */
export function useMe(): Me | undefined {
  return useQuery("GET /v1/me", {}).data;
}
