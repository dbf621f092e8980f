// GitHub and Slack as `emulate` understands them. It runs in the folder that npm installed into, and says their
// addresses on standard output.
import { createEmulator } from "emulate";

const app = {
  client_id: process.env.CLIENT_ID,
  client_secret: process.env.CLIENT_SECRET,
  name: "FluxStudio",
  redirect_uris: [process.env.REDIRECT_URI],
};

const github = await createEmulator({
  service: "github",
  port: 0,
  seed: {
    github: {
      users: [{ login: "ada-park", name: "Ada Park", email: "ada@harbourandpine.example" }],
      repos: [
        { owner: "ada-park", name: "tidewater-web", description: "The booking app", language: "TypeScript", auto_init: true },
        { owner: "ada-park", name: "sketchbook", private: true, auto_init: true },
      ],
      oauth_apps: [app],
    },
  },
});
const slack = await createEmulator({
  service: "slack",
  port: 0,
  seed: {
    slack: {
      team: { name: "Harbour & Pine", domain: "harbour-pine" },
      users: [{ name: "ada", real_name: "Ada Park", email: "ada@harbourandpine.example" }],
      channels: [{ name: "design", topic: "What is on the table" }],
      oauth_apps: [{ ...app, bot_name: "fluxstudio" }],
      strict_scopes: true,
    },
  },
});
console.log(JSON.stringify({ github: github.url, slack: slack.url }));
