// Where the page begins. The styles come first: those of screens change them.
import "./style/tokens.css";
import "./style/base.css";

import { createRoot } from "react-dom/client";

import { listen } from "./api/changes.ts";
import { Screen } from "./app/screens.tsx";

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<Screen />);
listen();
