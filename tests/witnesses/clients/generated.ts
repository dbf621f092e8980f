// A host product in TypeScript, by the types that are generated from the document.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const client = createClient<paths>({
  baseUrl: process.env.BASE,
  headers: { authorization: `Bearer ${process.env.TOKEN}` },
});

const providers = await client.GET("/api/providers");
const made = await client.POST("/api/endpoints", {
  body: { url: "https://app.example/webhooks", types: ["connection.connected"] },
});
if (made.error) throw new Error(made.error.error);
const { id, secret } = made.data;
const listed = await client.GET("/api/endpoints");
const refused = await client.POST("/api/endpoints/{id}/resend", { params: { path: { id } }, body: {} });
const code: "INVALID_REQUEST" | undefined = refused.error?.code === "INVALID_REQUEST" ? refused.error.code : undefined;
await client.DELETE("/api/endpoints/{id}", { params: { path: { id } } });

console.log(
  JSON.stringify({
    providers: providers.data?.providers.map((provider) => provider.id),
    signs: secret.startsWith("whsec_"),
    listed: listed.data?.endpoints.length,
    code,
  }),
);
