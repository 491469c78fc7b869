/**
 * What Zod, Valibot, ArkType and others have in common: Standard Schema v1 with its JSON Schema part (standardschema.dev).
 * The specification is a set of types meant to be copied.
 */

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": StandardSchemaProps<Input, Output>;
}

export interface StandardSchemaProps<Input, Output> {
  readonly version: 1;
  readonly vendor: string;
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  /** Never there at run time. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  /** Absent where the library cannot say its schemas as JSON Schema. */
  readonly jsonSchema?: StandardJsonSchema | undefined;
}

export interface StandardJsonSchema {
  readonly input: (options: StandardJsonSchemaOptions) => Readonly<Record<string, unknown>>;
  readonly output: (options: StandardJsonSchemaOptions) => Readonly<Record<string, unknown>>;
}

export interface StandardJsonSchemaOptions {
  readonly target: "draft-2020-12";
}

export type StandardResult<Output> = StandardSuccess<Output> | StandardFailure;

export interface StandardSuccess<Output> {
  readonly value: Output;
  readonly issues?: undefined;
}

export interface StandardFailure {
  readonly issues: readonly StandardIssue[];
}

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema accepts. */
export type InputOf<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["input"];
/** What a schema gives after defaults and transforms. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["output"];
