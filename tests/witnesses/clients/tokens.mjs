// How many faults Terrazzo and Style Dictionary find in each token file of the list in FILES.

import { readFileSync } from "node:fs";
import { defineConfig, Logger, parse } from "@terrazzo/parser";
import StyleDictionary from "style-dictionary";

const UNREADABLE = 1000;
const PLACE = new URL("file:///tokens.json");

async function terrazzo(text) {
  const logger = new Logger({ level: "silent" });
  const config = defineConfig({}, { cwd: new URL("file:///"), logger });
  try {
    await parse([{ filename: PLACE, src: text }], { config, logger, continueOnError: true });
  } catch {
    return Math.max(1, logger.errorCount);
  }
  return logger.errorCount;
}

async function styleDictionary(text) {
  const dictionary = new StyleDictionary({
    tokens: JSON.parse(text),
    log: { verbosity: "silent", warnings: "disabled", errors: { brokenReferences: "throw" } },
    platforms: {
      css: { transformGroup: "css", files: [{ destination: "tokens.css", format: "css/variables" }] },
    },
  });
  try {
    const [file] = await dictionary.formatPlatform("css");
    return String(file?.output ?? "").split("[object Object]").length - 1;
  } catch {
    return UNREADABLE;
  }
}

const faults = [];
for (const text of JSON.parse(readFileSync(process.env.FILES, "utf8"))) {
  faults.push([await terrazzo(text), await styleDictionary(text)]);
}
console.log(JSON.stringify({ faults }));
