#!/usr/bin/env python3
"""What mobile/tool/prepare.py changes of what `flutter create` makes, and what it bundles."""
import pathlib
import plistlib
import re
import sys
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "mobile" / "tool"))
import prepare  # noqa: E402

GRADLE = """android {
    ndkVersion = flutter.ndkVersion
    defaultConfig {
        minSdk = flutter.minSdkVersion
        targetSdk = flutter.targetSdkVersion
    }
}
"""
NATIVE = PROJECT / "mobile" / "native"


class Runners(unittest.TestCase):
    def test_gradle(self):
        changed = prepare.android_gradle(GRADLE)
        self.assertIn("minSdk = 28\n", changed)
        self.assertIn('ndkVersion = "29.0.14206865"\n', changed)
        self.assertIn("targetSdk = flutter.targetSdkVersion", changed)
        self.assertEqual(prepare.android_gradle(changed), changed)

    def test_what_is_not_there_is_said_and_not_left_out(self):
        with self.assertRaisesRegex(prepare.Stale, "minSdk"):
            prepare.android_gradle("android { }")
        with self.assertRaisesRegex(prepare.Stale, "IPHONEOS_DEPLOYMENT_TARGET"):
            prepare.ios_project("")

    def test_ios(self):
        changed = prepare.ios_project("\tIPHONEOS_DEPLOYMENT_TARGET = 13.0;\n\tIPHONEOS_DEPLOYMENT_TARGET = 12.0;\n")
        self.assertEqual(changed.count("IPHONEOS_DEPLOYMENT_TARGET = 17.0;"), 2)
        self.assertEqual(prepare.ios_podfile("# platform :ios, '13.0'\n"), "platform :ios, '17.0'\n")
        plist = plistlib.loads(prepare.ios_plist(plistlib.dumps({"CFBundleName": "edgelab_mobile", "UIFileSharingEnabled": False})))
        self.assertEqual(plist["CFBundleName"], "edgelab_mobile")
        self.assertIs(plist["UIFileSharingEnabled"], True)
        self.assertTrue(plist["NSCameraUsageDescription"])

    def test_versions_are_the_native_librarys(self):
        gradle = (NATIVE / "android" / "build.gradle.kts").read_text(encoding="utf-8")
        self.assertIn(f"minSdk = {prepare.MIN_SDK}\n", gradle)
        self.assertIn(f'ndkVersion = "{prepare.NDK}"\n', gradle)
        self.assertIn(f"'{prepare.IOS}'", (NATIVE / "ios" / "edgelab_native.podspec").read_text(encoding="utf-8"))
        self.assertIn(f'.iOS("{prepare.IOS}")', (NATIVE / "ios" / "edgelab_native" / "Package.swift").read_text(encoding="utf-8"))


class Bundle(unittest.TestCase):
    def test_every_path_of_an_experiment_is_bundled(self):
        with tempfile.TemporaryDirectory() as folder:
            assets = pathlib.Path(folder) / "assets"
            prepare.bundle(PROJECT, assets)
            for name in prepare.EXPERIMENTS:
                experiment = assets / "experiments" / f"{name}.yaml"
                paths = re.findall(r"\.\./[\w./-]+", re.sub(r"#.*", "", experiment.read_text(encoding="utf-8")))
                self.assertTrue(paths, name)
                for path in paths:
                    self.assertTrue((experiment.parent / path).exists(), f"{name}: {path}")

    def test_every_experiment_runs_the_one_model_on_the_one_executor(self):
        model = re.search(r"bundledModelId = '(\w+)'", (PROJECT / "mobile/lib/run/offline_run.dart").read_text(encoding="utf-8"))[1]
        for name in prepare.EXPERIMENTS:
            text = (PROJECT / "experiments" / f"{name}.yaml").read_text(encoding="utf-8")
            models = re.search(r"(?ms)^models:\n(.*?)(?=^\S)", text)[1]
            self.assertEqual(re.findall(r"\{id: (\w+)", models), [model], name)
            self.assertNotIn("\nexecutors:", text, name)

    def test_the_folders_are_those_of_the_pubspec(self):
        pubspec = (PROJECT / "mobile" / "pubspec.yaml").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            prepare.bundle(PROJECT, pathlib.Path(folder))
            made = {f"assets/{path.parent.relative_to(folder)}/" for path in pathlib.Path(folder).rglob("*") if path.is_file()}
        self.assertEqual(set(re.findall(r"- (assets/\S+)", pubspec)), made)


if __name__ == "__main__":
    unittest.main()
