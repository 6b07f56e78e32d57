import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { root } from "../../internal/app/version.ts";

// in the program's own folder: who may write there may change the program itself; who may not goes without
enableCompileCache(join(root, ".cache/compiled"));
await import("./knot.ts");
