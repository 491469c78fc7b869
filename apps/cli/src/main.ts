/** The entry: compiled sources are kept between runs, so that help is there at once; then the program. */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./program.ts");
