/** A mesh as others see it over MCP. A way in of its own: it loads what serves. */
export { ServedMesh, type ServedMeshOptions } from "./served-mesh.ts";
