"""Hub, agents and runs on devices, as a user starts them."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest
import unittest.mock

from fleet import NULL_REMOTE, FleetTest, children_of, remote
from lab import EDGELAB, PATIENCE_S, in_terminal, plain

REAL_TIME = "{name: baseline, category: baseline, flags: {null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 2}}"


class Fleet(FleetTest):
    def test_two_devices_run_what_a_local_executor_runs(self):
        self.hub()
        self.wait_for("join", "hub")
        for device in ("one", "two"):
            self.agent(device)
            self.wait_for("joined", device)
        here = self.dir / "here"
        self.edgelab("run", self.write(NULL_REMOTE.format(executors="'null'"), "here.yaml"), "--out", here, "--quiet")
        there = self.write(NULL_REMOTE.format(executors=", ".join(map(remote, ("one", "two")))), "there.yaml")
        self.run_lab("run", there, "--out", self.out, "--quiet")
        self.assert_all_outputs()
        local = [(trial["kind"], trial["block"], trial["cell"].split("/")[-1]) for trial in self.trials(here)]
        for device in ("one", "two"):
            rows = [trial for trial in self.trials() if device in trial["cell"].split("/")]
            self.assertEqual(sorted((trial["kind"], trial["block"], trial["cell"].split("/")[-1]) for trial in rows), sorted(local))
            self.assertTrue(all(trial["status"] == "ok" for trial in rows), rows)
        by_round = {(cell["executor"], cell["round"]): cell for cell in self.summary()["cells"]}
        for cell in self.summary(here)["cells"]:
            for device in ("one", "two"):
                other = by_round[(device, cell["round"])]
                self.assertEqual(other["flags"], cell["flags"])
                self.assertEqual(other["trials"], cell["trials"])
                mine, theirs = ({metric["name"]: metric["mean"] for metric in one["metrics"]} for one in (cell, other))
                for name in ("ttft_ms", "tpot_ms", "decode_tps"):
                    if cell["round"] != "noisy":
                        self.assertAlmostEqual(theirs[name], mine[name], places=6, msg=name)
                self.assertGreater(theirs["rss_peak_bytes"], 0)
        self.assertEqual([executor["name"] for executor in json.loads((self.out / "environment.json").read_text())["executors"]], ["null"] * 2)

    def test_a_device_that_is_away_holds_no_other_up(self):
        self.hub()
        self.wait_for("join", "hub")
        for device in ("one", "two"):
            self.agent(device)
            self.wait_for("joined", device)
        text = NULL_REMOTE.format(executors=", ".join(map(remote, ("one", "two")))).replace("blocks: 2", "blocks: 6")
        text = text.replace("seed: 7}", "seed: 7, trial: {min_seconds: 0.05}}").replace("{name: baseline, category: baseline}", REAL_TIME)
        run = self.begin("run", "run", self.write(text), "--out", self.out)
        self.wait_for_trials(6, run)
        self.end(self.processes["one"])
        each = 3 * (1 + 1 + 6)
        deadline = time.monotonic() + PATIENCE_S
        while len(self.of("two")) < each and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertIsNone(run.poll(), self.log("run"))
        self.assertEqual(len(self.of("two")), each, "it went on while the other was away")
        self.assertLess(len(self.of("one")), each)
        self.wait_for("note: waits for one: it is away", "run")
        self.agent("one")
        run.wait(timeout=PATIENCE_S)
        for device in ("one", "two"):
            rows = [(trial["kind"], trial["block"], trial["cell"]) for trial in self.of(device)]
            self.assertEqual(len(rows), each, self.log("run"))
            self.assertEqual(len(set(rows)), each, "a trial is stored twice")
        self.assertEqual([trial["status"] for trial in self.of("two")], ["ok"] * each)
        bad = [trial for trial in self.of("one") if trial["status"] != "ok"]
        self.assertLessEqual(len(bad), 1, bad)
        self.assertEqual(run.returncode, 1 if bad else 0, self.log("run"))
        self.assertIn("ended: 6 blocks", self.log("run"))

    def of(self, device):
        return [trial for trial in self.trials() if device in trial["cell"].split("/")]

    def test_ctrl_c_ends_all_devices_and_a_resumed_run_finishes(self):
        self.hub()
        self.wait_for("join", "hub")
        for device in ("one", "two"):
            self.agent(device)
            self.wait_for("joined", device)
        executors = ", ".join([*map(remote, ("one", "two")), "'null'"])
        text = NULL_REMOTE.format(executors=executors).replace("blocks: 2", "blocks: 6")
        text = text.replace("{name: baseline, category: baseline}", REAL_TIME)
        run = self.begin("run", "run", self.write(text), "--out", self.out)
        self.wait_for_trials(12, run)
        self.assertEqual(self.end(run, signal.SIGINT), 130, self.log("run"))
        done = len(self.trials())
        self.run_lab("run", "--resume", self.out, "--quiet")
        rows = [(trial["kind"], trial["block"], trial["cell"]) for trial in self.trials()]
        self.assertGreater(len(rows), done)
        self.assertEqual(len(rows), 3 * 3 * (1 + 1 + 6))
        self.assertEqual(len(set(rows)), len(rows), "a trial is stored twice")
        self.assertTrue(all(trial["status"] == "ok" for trial in self.trials()))

    def test_the_view_has_a_line_for_each_device(self):
        self.hub()
        self.wait_for("join", "hub")
        for device in ("one", "two"):
            self.agent(device)
            self.wait_for("joined", device)
        text = NULL_REMOTE.format(executors=", ".join(map(remote, ("one", "two")))).replace("{name: baseline, category: baseline}", REAL_TIME)
        with unittest.mock.patch.dict(os.environ, self.environment):
            status, written = in_terminal([EDGELAB, "run", self.write(text), "--out", self.out])
        self.assertEqual(status, 0, written)
        shown = plain(written)
        for word in ("one: block", "two: block", "none/one/w/baseline", "none/two/w/noisy", "24/24 trials", "ended: 2 blocks"):
            self.assertIn(word, shown)

    def test_a_wrong_token_is_refused_with_a_reason(self):
        self.hub()
        self.wait_for("join", "hub")
        self.environment["EDGELAB_HUB_TOKEN"] = "another-token-than-that"
        agent = self.agent("one")
        self.assertEqual(agent.wait(timeout=PATIENCE_S), 2)
        self.assertIn("refuses the token", self.log("one"))
        refused = self.run_lab("run", self.write(NULL_REMOTE.format(executors=remote("one"))), "--out", self.out, expect=2)
        self.assertIn("refuses the token", refused.stderr)
        self.assertIn("authentication error", (self.dir / "hub/nats-server.log").read_text())

    def test_a_run_says_what_is_missing(self):
        file = self.write(NULL_REMOTE.format(executors=remote("one")))
        del self.environment["EDGELAB_HUB"]
        self.assertIn("no hub is named", self.run_lab("check", file, expect=2).stderr)
        self.environment["EDGELAB_HUB"] = f"nats://127.0.0.1:{self.port}"
        self.assertIn("no hub to be reached", self.run_lab("run", file, "--out", self.out, expect=2).stderr)
        self.assertFalse(self.out.exists())

    def test_a_hub_for_others_wants_tls_or_to_be_told_to_do_without(self):
        self.assertIn("--plain", self.run_lab("hub", "--listen", "0.0.0.0", "--port", self.port, "--store", self.dir / "hub", expect=2).stderr)

    def test_the_page_is_served_and_the_address_told(self):
        (self.dir / "page").mkdir()
        (self.dir / "page/index.html").write_text("hello")
        self.begin("hub", "hub", "--port", self.port, "--ws-port", self.ws_port, "--store", self.dir / "hub", "--web", self.dir / "page",
                   "--web-port", 0)
        self.wait_for("Ctrl-C", "hub")
        page = next(line.split()[1] for line in self.log("hub").splitlines() if line.startswith("page"))
        self.assertIn(f"#token={self.token}&ws={self.ws_port}", page)
        import urllib.request
        with urllib.request.urlopen(page.split("#")[0], timeout=PATIENCE_S) as answer:
            self.assertEqual(answer.read(), b"hello")
            self.assertEqual(answer.headers["Cross-Origin-Embedder-Policy"], "require-corp")

    def test_a_hub_whose_server_is_killed_says_so_and_ends(self):
        hub = self.hub()
        self.wait_for("Ctrl-C", "hub")
        for server in children_of(hub.pid):
            os.kill(server, signal.SIGKILL)
        self.assertEqual(hub.wait(timeout=PATIENCE_S), 2, self.log("hub"))
        self.assertIn("nats-server ended: killed by SIGKILL", self.log("hub"))
        self.assertIn("Server is ready", self.log("hub"), "the last lines of its log")

    def test_ctrl_c_ends_the_hub_and_kill_leaves_no_server(self):
        for how, status in ((signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)):
            hub = self.hub()
            self.wait_for("Ctrl-C", "hub")
            servers = children_of(hub.pid)
            self.assertEqual(len(servers), 1)
            self.assertEqual(self.end(hub, how), status)
            deadline = time.monotonic() + PATIENCE_S
            while pathlib.Path(f"/proc/{servers[0]}").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertFalse(pathlib.Path(f"/proc/{servers[0]}").exists())
            (self.dir / "hub.log").unlink()

    def test_a_killed_agent_leaves_no_executor_and_a_killed_run_frees_the_device(self):
        self.hub()
        self.wait_for("join", "hub")
        agent = self.agent("one")
        self.wait_for("joined", "one")
        text = NULL_REMOTE.format(executors=remote("one")).replace("blocks: 2", "blocks: 1000000")
        run = self.begin("run", "run", self.write(text), "--out", self.out, "--quiet")
        self.wait_for_trials(6, run)
        self.end(run)
        self.wait_for("null is back: nothing was heard for 3000 ms", "one")
        self.assertEqual(children_of(agent.pid), [])
        run = self.begin("run", "run", "--resume", self.out, "--quiet")
        before = len(self.trials())
        self.wait_for_trials(before + 6, run)
        executors = children_of(agent.pid)
        self.assertEqual(len(executors), 1)
        self.end(agent)
        deadline = time.monotonic() + PATIENCE_S
        while pathlib.Path(f"/proc/{executors[0]}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(pathlib.Path(f"/proc/{executors[0]}").exists())


if __name__ == "__main__":
    unittest.main()
