// Everything of the explorer but its charts, as one file that comes with the first table.
export { ExplorePage } from "./explore-page.tsx";
export { ShownTable } from "./shown-table.tsx";
