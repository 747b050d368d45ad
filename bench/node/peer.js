// Reads VAST documents with @dailymotion/vast-client, from text to its objects, without fetching wrappers.
// First line in: a JSON list of paths; answer: the list of those it can read. Then "round <passes>" lines, each
// answered with the milliseconds one pass over these documents takes.
"use strict";

const { readFileSync } = require("node:fs");
const { createInterface } = require("node:readline");
const { DOMParser } = require("@xmldom/xmldom");
const { VASTParser } = require("@dailymotion/vast-client");

const quiet = new DOMParser({ errorHandler: { warning() {}, error() {}, fatalError: (text) => { throw new Error(text); } } });
const parser = new VASTParser();
const how = { isRootVAST: true, url: null, wrapperDepth: 0, allowMultipleAds: true };
let texts = [];

function read(text) {
  parser.rootErrorURLTemplates = [];
  return parser.parseVastXml(quiet.parseFromString(text, "text/xml"), how);
}

function readable(path) {
  try {
    return read(readFileSync(path, "utf8")).length > 0;
  } catch {
    return false;
  }
}

function pass(times) {
  const start = process.hrtime.bigint();
  for (let time = 0; time < times; time += 1) for (const text of texts) read(text);
  return Number(process.hrtime.bigint() - start) / 1e6 / times;
}

createInterface({ input: process.stdin }).on("line", (line) => {
  if (line.startsWith("[")) {
    const paths = JSON.parse(line).filter(readable);
    texts = paths.map((path) => readFileSync(path, "utf8"));
    console.log(JSON.stringify(paths));
  } else {
    console.log(JSON.stringify(pass(Number(line.split(" ")[1]))));
  }
});
