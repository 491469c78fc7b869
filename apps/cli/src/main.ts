/** The entry: compiled sources are kept between runs, so that help is there at once; then the program. */

await import("./program.ts");
