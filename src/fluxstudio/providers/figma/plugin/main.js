// Reads the variables of the open file. Runs in Figma's sandbox, without network; ui.html sends what it reads.
// Type-checked against @figma/plugin-typings by tests/witnesses.

figma.showUI(__html__, { width: 360, height: 300, themeColors: true });

/** @param {Variable} variable */
function shownVariable(variable) {
  return {
    id: variable.id,
    name: variable.name,
    description: variable.description,
    variableCollectionId: variable.variableCollectionId,
    resolvedType: variable.resolvedType,
    valuesByMode: variable.valuesByMode,
    remote: variable.remote,
    hiddenFromPublishing: variable.hiddenFromPublishing,
    scopes: variable.scopes,
    codeSyntax: variable.codeSyntax,
  };
}

/** @param {VariableCollection | ExtendedVariableCollection} collection */
function shownCollection(collection) {
  const shown = {
    id: collection.id,
    name: collection.name,
    modes: collection.modes,
    defaultModeId: collection.defaultModeId,
    variableIds: collection.variableIds,
    remote: collection.remote,
    isExtension: collection.isExtension,
  };
  if (!("variableOverrides" in collection)) return shown;
  return {
    ...shown,
    parentVariableCollectionId: collection.parentVariableCollectionId,
    variableOverrides: collection.variableOverrides,
  };
}

/**
 * The ids that values refer to, in colours composed of others as well.
 * @param {unknown} value
 * @returns {string[]}
 */
function targetsOf(value) {
  if (value === null || typeof value !== "object") return [];
  if ("type" in value && value.type === "VARIABLE_ALIAS" && "id" in value) return [String(value.id)];
  return Object.values(value).flatMap(targetsOf);
}

/** Every variable of the file, and those of other libraries that they refer to. */
async function variables() {
  const own = await figma.variables.getLocalVariablesAsync();
  const every = new Map(own.map((variable) => [variable.id, variable]));
  const open = own.flatMap((variable) => targetsOf(variable.valuesByMode));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (every.has(id)) continue;
    const variable = await figma.variables.getVariableByIdAsync(id);
    if (variable === null) continue;
    every.set(id, variable);
    open.push(...targetsOf(variable.valuesByMode));
  }
  return [...every.values()];
}

/** @param {Variable[]} read */
async function collectionsOf(read) {
  const own = await figma.variables.getLocalVariableCollectionsAsync();
  const every = new Map(own.map((collection) => [collection.id, collection]));
  for (const { variableCollectionId } of read) {
    if (every.has(variableCollectionId)) continue;
    const collection = await figma.variables.getVariableCollectionByIdAsync(variableCollectionId);
    if (collection !== null) every.set(variableCollectionId, collection);
  }
  return [...every.values()];
}

/** What the product's `message.py` reads. */
async function message() {
  const read = await variables();
  const collections = await collectionsOf(read);
  return {
    variables: Object.fromEntries(read.map((variable) => [variable.id, shownVariable(variable)])),
    variableCollections: Object.fromEntries(collections.map((entry) => [entry.id, shownCollection(entry)])),
  };
}

figma.ui.onmessage = async (/** @type {{ type: string }} */ { type }) => {
  if (type === "close") figma.closePlugin();
  if (type === "read") figma.ui.postMessage({ type: "variables", message: await message() });
};
