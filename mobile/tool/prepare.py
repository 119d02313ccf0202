#!/usr/bin/env python3
"""Makes of this folder what `flutter build` takes: the runners of the platforms, with what they need that is not `flutter create`'s
default, and the bundled files. Can be run again at any time; needs flutter on the PATH.

    python3 tool/prepare.py [--no-create]      --no-create: the runners are there already
"""
import pathlib
import plistlib
import re
import shutil
import subprocess
import sys

MOBILE = pathlib.Path(__file__).resolve().parents[1]
PROJECT = MOBILE.parent

# Those that the demo model can run: each names it `demo`, and no executor but the usual one.
EXPERIMENTS = ["quick", "default", "caching", "conversations", "factorial", "quality", "synthetic"]
MIN_SDK = 28                  # what vcpkg builds the libraries for
NDK = "29.0.14206865"         # as in native/android/build.gradle.kts
IOS = "17.0"                  # as in native/ios

PLIST = {
    "CFBundleDisplayName": "edge-llm-lab",
    "NSCameraUsageDescription": "To read the QR code of a hub.",
    "NSLocalNetworkUsageDescription": "To join a hub on this network.",
    "UIFileSharingEnabled": True,                  # results in the Files app
    "LSSupportsOpeningDocumentsInPlace": True,
}


class Stale(Exception):
    """A runner is not as `flutter create` was known to make it."""


def replaced(text, pattern, value, where):
    changed, count = re.subn(pattern, value, text)
    if count == 0:
        raise Stale(f"{where} has nothing like '{pattern}': set it by hand, to '{value}'")
    return changed


def android_gradle(text):
    """android/app/build.gradle.kts with the SDK and the NDK that the native library needs."""
    text = replaced(text, r"minSdk = flutter\.minSdkVersion|minSdk = \d+", f"minSdk = {MIN_SDK}", "app/build.gradle.kts")
    return replaced(text, r'ndkVersion = (flutter\.ndkVersion|"[\d.]+")', f'ndkVersion = "{NDK}"', "app/build.gradle.kts")


def ios_project(text):
    """project.pbxproj with the system that the native library needs."""
    return replaced(text, r"IPHONEOS_DEPLOYMENT_TARGET = [\d.]+;", f"IPHONEOS_DEPLOYMENT_TARGET = {IOS};", "project.pbxproj")


def ios_podfile(text):
    return replaced(text, r"(?m)^#? ?platform :ios, '[\d.]+'", f"platform :ios, '{IOS}'", "Podfile")


def ios_plist(content):
    """Info.plist with what the app says of itself."""
    return plistlib.dumps({**plistlib.loads(content), **PLIST}, sort_keys=False)


def rewrite(path, change):
    before = path.read_bytes()
    after = change(before) if change is ios_plist else change(before.decode()).encode()
    if after != before:
        path.write_bytes(after)


def workloads_of(experiment):
    return set(re.findall(r"file: \.\./workloads/([\w.-]+)", experiment.read_text(encoding="utf-8")))


def bundle(project, assets):
    """The files that come with the app, in folders that lie to each other as in the project."""
    shutil.rmtree(assets, ignore_errors=True)
    files = [project / "models" / "demo" / name for name in ("demo-f16.gguf", "demo-draft-f16.gguf")]
    for name in EXPERIMENTS:
        experiment = project / "experiments" / f"{name}.yaml"
        files += [experiment, *(project / "workloads" / workload for workload in workloads_of(experiment))]
    for file in files:
        target = assets / file.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def main():
    bundle(PROJECT, MOBILE / "assets")
    if "--no-create" not in sys.argv:
        subprocess.run(["flutter", "create", "--platforms=android,ios", "--org", "dev.edgelab", "--project-name", "edgelab_mobile",
                        "--no-pub", "."], cwd=MOBILE, check=True)
        (MOBILE / "test" / "widget_test.dart").unlink(missing_ok=True)   # of the app that `flutter create` makes
    rewrite(MOBILE / "android" / "app" / "build.gradle.kts", android_gradle)
    rewrite(MOBILE / "ios" / "Runner.xcodeproj" / "project.pbxproj", ios_project)
    rewrite(MOBILE / "ios" / "Runner" / "Info.plist", ios_plist)
    if (MOBILE / "ios" / "Podfile").exists():   # made by the first build, where CocoaPods are used
        rewrite(MOBILE / "ios" / "Podfile", ios_podfile)


if __name__ == "__main__":
    try:
        main()
    except Stale as stale:
        sys.exit(f"prepare.py: {stale}")
    except FileNotFoundError as missing:
        sys.exit(f"prepare.py: {missing}")
