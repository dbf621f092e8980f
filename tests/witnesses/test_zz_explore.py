import asyncio, json, os, sys, pytest, re
from collections import Counter, defaultdict
from pathlib import Path
ROOT=Path("/work/main")
@pytest.mark.timeout(900)
async def test_it(start):
    running = await start(rate_limit_user="1000000/minute", rate_limit_address="1000000/minute")
    ada = await running.client("ada")
    conn = {}
    for p in ("figma","slack","github"):
        conn[p] = await running.connect(ada, p)
    import fluxstudio.sdk.simulation.budgets as b
    b.Budgets.spend = lambda self, bucket, key, limit: b.Spent(True, limit.calls, limit.calls, 0.0)
    for e in running.services.registry: e.provider.limits.clear()
    doc = (await ada.get("/api/openapi.json"))
    Path("/tmp/w/doc.json").write_text(json.dumps(doc.json(), indent=1))
    args = os.environ.get("ST", "").split()
    tag = os.environ.get("TAG")
    process = await asyncio.create_subprocess_exec(
        "/work/main/.venv/bin/schemathesis", "--config-file", os.environ.get("STCONF", str(ROOT/"tests/witnesses/schemathesis.toml")),
        "run", f"{running.base}/api/openapi.json", *(x for t in tag.split(",") for x in ("--include-tag", t)),
        "--no-color", "--report", "har", "--report-dir", "/tmp/w/st", "--report-har-path", "/tmp/w/st/r.har", *args,
        stdout=open("/tmp/w/st/out.txt","w"), stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "BASE_URL": running.base, "TOKEN": running.token("ada"), "CONNECTION": conn.get(tag.lower(), "")})
    print("rc", await process.wait())
    har = json.load(open("/tmp/w/st/r.har"))
    seen = defaultdict(Counter)
    paths = [(re.compile(re.sub(r"\\{.+?\\}", "[^/]+", re.escape(p)) + "$"), p) for p in doc.json()["paths"]]
    for e in har["log"]["entries"]:
        u = e["request"]["url"].split("?")[0].replace(running.base, "")
        t = next((p for r, p in paths if r.match(u)), u)
        seen[e["request"]["method"], t][e["response"]["status"]] += 1
    for k, v in sorted(seen.items(), key=lambda kv: kv[0][1]): 
        if k[0] in ("GET","POST","DELETE","PATCH"): print(*k, dict(v))
