// The installation of an app in a workspace, with Slack's own `@slack/oauth`.
import { InstallProvider } from "@slack/oauth";

const store = new Map();
const provider = new InstallProvider({
  clientId: process.env.ID,
  clientSecret: process.env.SECRET,
  stateSecret: "only for this test",
  legacyStateVerification: true,
  authorizationUrl: `${process.env.WEB}/oauth/v2/authorize`,
  clientOptions: { slackApiUrl: `${process.env.WEB}/api/` },
  installationStore: {
    storeInstallation: async (installation) => store.set(installation.team.id, installation),
    fetchInstallation: async (query) => store.get(query.teamId),
  },
});
const options = { scopes: ["chat:write"], userScopes: ["users:read"], redirectUri: process.env.REDIRECT };
const url = await provider.generateInstallUrl(options);
const allowed = await fetch(url, {
  method: "POST",
  redirect: "manual",
  body: new URLSearchParams({ choice: "T0HARBOUR1", person: "U0MEILIN01", decision: "allow" }),
});
const back = new URL(allowed.headers.get("location"));
const heard = await new Promise((resolve) =>
  provider.handleCallback(
    { url: back.pathname + back.search, headers: { host: back.host } },
    { setHeader() {}, writeHead() {}, end() {} },
    { success: () => resolve("installed"), failure: (error) => resolve(error.message) },
    options,
  ),
);
const installation = await provider.authorize({ teamId: "T0HARBOUR1" });

console.log(
  JSON.stringify({ heard, bot: installation.botToken.startsWith("xoxe.xoxb-"), person: store.get("T0HARBOUR1")?.user.id, userScopes: store.get("T0HARBOUR1")?.user.scopes }),
);
