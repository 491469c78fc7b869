/**
 * The part of zod that we use, for all packages; no other file of theirs imports zod. When the core is packed, this part
 * becomes a file of its own: zod itself is a hundred files, most of them error messages in other languages, and loading
 * those takes longer than loading all of ours. The types are zod's own, and all of them.
 */
export type * from "zod";
export { $ZodType } from "zod/v4/core";
export {
  array,
  boolean,
  custom,
  discriminatedUnion,
  enum,
  int,
  json,
  literal,
  looseObject,
  number,
  object,
  record,
  strictObject,
  string,
  toJSONSchema,
  tuple,
  union,
  unknown,
  url,
} from "zod";
