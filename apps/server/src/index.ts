/** AgentMesh as a server: the place where a mesh, what serves it and the wire meet. */
export { type HttpServer, type HttpServerOptions, startHttpServer } from "./http-server.ts";
export { ListenError } from "./listen-error.ts";
export { serveMeshOverStdio } from "./stdio-server.ts";
