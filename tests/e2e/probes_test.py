"""Sensors of a made-up machine, read while the real programs run: metrics, cool-down, sustained mode."""
import json
import os
import signal
import threading
import time
import unittest

from lab import BIN, EDGELAB, PATIENCE_S, LabTest

# Trials of some 0.4 s that take as long as they say, so that counters move in them. A program of the user's, as far as the
# lab knows: its power when idle is measured, as with a model's.
EXPERIMENT = """\
schema: edge-llm-lab/1
name: probes
workloads:
  - {id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 100, count: 1}
executors: [{id: x, kind: exec, command: ["%s"]}]
rounds:
  - {name: baseline, category: baseline, flags: {null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 4}}
  - {name: other, flags: {null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 4}}
protocol: {warmup: 0, blocks: 2, seed: 7, trial: {min_seconds: 0.02, min_tokens: 1}%s}
"""


class Machine:
    """A root with this machine's /proc and a /sys of its own: a hot processor, and a counter of 20 W."""

    def __init__(self, root):
        self.root = root
        root.mkdir()
        (root / "proc").symlink_to("/proc")
        self.write("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp")
        self.temperature(50)
        package = "sys/class/powercap/intel-rapl:0"
        self.write(package + "/name", "package-0")
        self.write(package + "/max_energy_range_uj", "1000000000000")
        self.counter = package + "/energy_uj"
        self.write(self.counter, "0")
        self.write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "0")
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.draw_power)
        self.thread.start()

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".new")
        beside.write_text(f"{text}\n")
        beside.rename(file)     # a reader sees the old number or the new one

    def temperature(self, celsius):
        self.write("sys/class/thermal/thermal_zone0/temp", int(celsius * 1000))

    def draw_power(self):
        begin = time.monotonic()
        while not self.stop.wait(0.01):
            self.write(self.counter, int(20e6 * (time.monotonic() - begin)))

    def end(self):
        self.stop.set()
        self.thread.join()


class Probes(LabTest):
    def setUp(self):
        super().setUp()
        self.machine = Machine(self.dir / "machine")
        os.environ["EDGELAB_PROBE_ROOT"] = str(self.machine.root)
        os.environ["EDGELAB_NVML"] = "/nonexistent/nvml.so"

    def tearDown(self):
        for name in ["EDGELAB_PROBE_ROOT", "EDGELAB_NVML"]:
            del os.environ[name]
        self.machine.end()
        super().tearDown()

    def experiment(self, protocol=""):
        return self.write(EXPERIMENT % (BIN / "edgelab-null", protocol))

    def metrics(self, round_name="baseline"):
        return {metric["name"]: metric["mean"] for metric in self.cell(round_name)["metrics"]}

    def test_what_the_machine_tells_is_in_every_output(self):
        self.edgelab("run", self.experiment(), "--out", self.out)
        metrics = self.metrics()
        # The counter's own thread is late on a busy machine, so how much it counts in a trial is not for a test to say.
        self.assertGreaterEqual(metrics["power_w"], 0)
        self.assertAlmostEqual(metrics["j_per_token"], metrics["energy_j"] / 100, places=6)
        self.assertLessEqual(metrics["energy_net_j"], metrics["energy_j"])
        self.assertEqual(metrics["temp_c"], 50)
        self.assertEqual(metrics["throttled"], 0)
        for name in ["cpu_util", "cpu_ms_per_token", "minor_faults", "major_faults", "voluntary_switches",
                     "involuntary_switches", "others_busy_cores", "rss_mean_bytes", "pss_mean_bytes", "swap_peak_bytes"]:
            self.assertGreaterEqual(metrics[name], 0, name)
        self.assertGreaterEqual(metrics["pss_peak_bytes"], metrics["pss_mean_bytes"])
        self.assertGreater(metrics["rss_peak_bytes"], 0)
        self.assertNotIn("mbu", metrics)            # there is no model
        self.assertNotIn("cpu_mhz", metrics)        # and nothing that tells a frequency here

        environment = json.loads((self.out / "environment.json").read_text())
        sensors = {sensor["name"]: sensor for sensor in environment["sensors"]}
        self.assertIn("thermal_zone0", sensors["temperature"]["source"])
        self.assertEqual(sensors["temperature"]["unit"], "°C")
        self.assertIn("energy_uj", sensors["energy: processor (RAPL)"]["source"])
        self.assertIn("no battery", sensors["energy: device (battery)"]["absent"])
        self.assertIn("is not here", sensors["energy: boards (NVML)"]["absent"])
        self.assertGreaterEqual(environment["idle"]["seconds"], 3)
        self.assertGreaterEqual(environment["idle"]["power_w"], 0)
        self.assertEqual(environment["temperature_c"], 50)
        report = (self.out / "report.md").read_text()
        for text in ["no battery in", "idle.power\\_w", "The processor was not throttled in any of 2 blocks."]:
            self.assertIn(text, report)
        self.edgelab("report", self.out)
        self.assertEqual((self.out / "report.md").read_text(), report)

    def test_probes_off(self):
        self.edgelab("run", self.experiment(", probes: off"), "--out", self.out, "--quiet")
        self.assertLessEqual({"decode_tps", "rss_peak_bytes"}, self.metrics().keys())
        self.assertTrue(self.metrics().keys().isdisjoint({"cpu_util", "temp_c", "energy_j", "pss_mean_bytes"}))
        environment = json.loads((self.out / "environment.json").read_text())
        self.assertEqual(environment["sensors"], [])
        self.assertNotIn("idle", environment)

    def test_it_waits_until_it_is_cool(self):
        self.machine.temperature(80)
        process = self.start("run", self.experiment(", probes: off, cool_down: {to_c: 60, within_c: 2, limit: 1h}"), "--out", self.out)
        for line in process.stderr:
            if "cooling down: 80.0 °C, to 62.0 °C" in line:
                break
        self.machine.temperature(61)
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("cooled to 61.0 °C", errors)
        waits = self.summary()["thermal"]["cool_down"]
        self.assertEqual((waits["waits"], waits["not_reached"], waits["target_c"]), (1, 0, 62))
        self.assertIn("1 wait for the processor to cool to 62.0 °C", (self.out / "report.md").read_text())

    def test_ctrl_c_ends_a_wait_and_the_run_goes_on_afterwards(self):
        self.machine.temperature(80)
        process = self.start("run", self.experiment(", probes: off, cool_down: {to_c: 60, limit: 1h}"), "--out", self.out)
        for line in process.stderr:
            if "cooling down" in line:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 130)
        self.assertEqual({trial["kind"] for trial in self.trials()}, {"memory"})
        self.machine.temperature(50)
        self.edgelab("run", "--resume", self.out, "--quiet")
        self.assertEqual(self.summary()["stopped_because"], "2 blocks")
        self.assertIsNone(self.summary()["thermal"]["cool_down"])

    def test_the_limit_ends_a_wait(self):
        self.machine.temperature(80)
        self.edgelab("run", self.experiment(", probes: off, cool_down: {before: trial, to_c: 60, limit: 100ms}"), "--out", self.out)
        waits = self.summary()["thermal"]["cool_down"]
        self.assertEqual((waits["waits"], waits["not_reached"]), (4, 4))
        self.assertIn("4 of them ended at the limit", (self.out / "report.md").read_text())

    def test_no_thermometer_is_an_error_before_anything_runs(self):
        (self.machine.root / "sys/class/thermal/thermal_zone0/temp").unlink()
        done = self.edgelab("run", self.experiment(", probes: off, cool_down: {}"), "--out", self.out, expect=2)
        self.assertIn("protocol.cool_down waits for a temperature, and this machine tells none: no thermal zone", done.stderr)
        self.assertFalse(self.out.exists())

    def test_one_round_for_a_time(self):
        self.edgelab("run", self.experiment(", sustained: {round: other, time: 2s}"), "--out", self.out)
        cell, = self.summary()["sustained"]
        self.assertEqual(cell["cell"], "none/x/w/other")
        self.assertGreaterEqual(cell["seconds"], 2)
        self.assertEqual(len(cell["points"]), len([trial for trial in self.trials() if trial["kind"] == "sustained"]))
        lines = (self.out / "sustained.csv").read_text().splitlines()
        self.assertEqual(len(lines), 1 + len(cell["points"]))
        self.assertTrue(lines[0].startswith("cell,at_s,metric"))
        report = (self.out / "report.md").read_text()
        self.assertIn("## Over a longer time", report)
        self.assertEqual(self.cell("other")["trials"]["ok"], 2)


if __name__ == "__main__":
    unittest.main()
