// What people can be, and in which words.
import type { Role } from "../api/schema.ts";

export const ROLES: Role[] = ["viewer", "editor", "operator", "admin"];
/** The workspace of whoever is not told otherwise, and all of them. */
export const WORKSPACE = "main";
export const EVERYWHERE = "*";

/** `admin everywhere, viewer in finance`. */
export function rolesInWords(roles: { [place: string]: Role }): string {
  const parts = Object.entries(roles).map(([place, role]) => (place === EVERYWHERE ? `${role} everywhere` : `${role} in ${place}`));
  return parts.length === 0 ? "none" : parts.join(", ");
}
