// Messages, channels, people and files of a workspace, with Slack's own client for JavaScript.
import { WebClient } from "@slack/web-api";

const slack = new WebClient(process.env.TOKEN, { slackApiUrl: process.env.API, retryConfig: { retries: 0 } });
const channel = "C0DESIGN01";
const refused = async (call) => {
  try {
    await call();
    return "allowed";
  } catch (error) {
    return error.data?.error ?? error.code;
  }
};

const posted = await slack.chat.postMessage({ channel, text: "One", blocks: [{ type: "divider" }] });
const changed = await slack.chat.update({ channel, ts: posted.ts, text: "Two" });
await slack.reactions.add({ channel, timestamp: posted.ts, name: "eyes" });
const reaction = await slack.reactions.get({ channel, timestamp: posted.ts });
const names = [];
for await (const page of slack.paginate("users.list", { limit: 2 })) names.push(...page.members.map((user) => user.name));
const file = await slack.filesUploadV2({ channel_id: channel, filename: "tide.txt", content: "low" });
const broken = await refused(() => slack.chat.postMessage({ channel, text: "x", blocks: [{ type: "divider", colour: "red" }] }));
await slack.chat.delete({ channel, ts: posted.ts });
const gone = await refused(() => slack.chat.delete({ channel, ts: posted.ts }));

console.log(
  JSON.stringify({
    changed: changed.message.text,
    reactions: reaction.message.reactions.map((entry) => [entry.name, entry.count]),
    names,
    scopes: posted.response_metadata.scopes.includes("chat:write"),
    file: file.files[0].files[0].name,
    broken,
    gone,
  }),
);
