// Tokens committed to a branch and merged by pull request, with GitHub's own client for JavaScript.
import { Octokit } from "octokit";

const octokit = new Octokit({ auth: process.env.TOKEN, baseUrl: process.env.API, throttle: { enabled: false } });
const place = { owner: "harbour-pine", repo: "driftwood" };
const base64 = (text) => Buffer.from(text).toString("base64");
const refused = async (call) => {
  try {
    await call();
    return "allowed";
  } catch (error) {
    return { status: error.status, message: error.message.split(" - ")[0], errors: error.errors ?? error.response?.data?.errors };
  }
};

const { data: main } = await octokit.rest.git.getRef({ ...place, ref: "heads/main" });
const { data: file } = await octokit.rest.repos.getContent({ ...place, path: "tokens/base.json" });
const { data: raw } = await octokit.rest.repos.getContent({ ...place, path: "tokens/base.json", mediaType: { format: "raw" } });
await octokit.rest.git.createRef({ ...place, ref: "refs/heads/fluxstudio/tokens", sha: main.object.sha });
const again = await refused(() =>
  octokit.rest.git.createRef({ ...place, ref: "refs/heads/fluxstudio/tokens", sha: main.object.sha }),
);

const commit = (oid, text) =>
  octokit.graphql(
    `mutation ($input: CreateCommitOnBranchInput!) {
       createCommitOnBranch(input: $input) { commit { oid } }
     }`,
    {
      input: {
        branch: { repositoryNameWithOwner: "harbour-pine/driftwood", branchName: "fluxstudio/tokens" },
        expectedHeadOid: oid,
        message: { headline: "Update tokens" },
        fileChanges: { additions: [{ path: "tokens/base.json", contents: base64(text) }] },
      },
    },
  );
const made = await commit(main.object.sha, raw.replace('"value": 6', '"value": 7'));
const oid = made.createCommitOnBranch.commit.oid;
const stale = await refused(() => commit(main.object.sha, "{}"));

const { data: pull } = await octokit.rest.pulls.create({ ...place, title: "Update tokens", head: "fluxstudio/tokens", base: "main" });
const twice = await refused(() =>
  octokit.rest.pulls.create({ ...place, title: "Update tokens", head: "fluxstudio/tokens", base: "main" }),
);
const pulls = await octokit.paginate(octokit.rest.pulls.list, { ...place, state: "all", head: "harbour-pine:fluxstudio/tokens" });
const { data: compared } = await octokit.rest.repos.compareCommitsWithBasehead({ ...place, basehead: "main...fluxstudio/tokens" });
const files = await octokit.paginate(octokit.rest.pulls.listFiles, { ...place, pull_number: pull.number });

// A merge with two parents, of what git itself keeps.
const { data: tree } = await octokit.rest.git.createTree({
  ...place,
  base_tree: oid,
  tree: [{ path: "tokens/dark.json", mode: "100644", type: "blob", content: "{}\n" }],
});
const { data: merge } = await octokit.rest.git.createCommit({ ...place, message: "Merge", tree: tree.sha, parents: [oid, main.object.sha] });
await octokit.rest.git.updateRef({ ...place, ref: "heads/fluxstudio/tokens", sha: merge.sha });
const { data: merged } = await octokit.rest.pulls.merge({ ...place, pull_number: pull.number, sha: merge.sha });
await octokit.rest.git.deleteRef({ ...place, ref: "heads/fluxstudio/tokens" });
const { data: after } = await octokit.rest.pulls.get({ ...place, pull_number: pull.number });

console.log(
  JSON.stringify({
    size: file.size === raw.length,
    again,
    stale,
    twice,
    found: pulls.map((entry) => entry.number === pull.number),
    compared: [compared.status, compared.ahead_by],
    files: files.map((entry) => [entry.filename, entry.additions, entry.deletions]),
    parents: merge.parents.length,
    merged: merged.merged,
    after: [after.state, after.merged],
  }),
);
