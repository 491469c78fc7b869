/** The job of `npm start`: a goal that the small local model does right, over the files of examples/launch. */
export const START_GOAL =
  "Search memory for Nadia Petrova, read the text file notes/launch.txt, get the sum of 4200 and 1800, then write the sum to the file total.txt.";
