#!/usr/bin/env bash
# Lays into native/prefix what the native library is built from, and for iOS builds it. Nothing of fllama is built or copied: its
# folder and its library are named, and linked to.
#
#   tool/libraries.sh android FLLAMA_FOLDER LIBFLLAMA.so
#   tool/libraries.sh ios     FLLAMA_FOLDER FLLAMA.xcframework
#
# Needs VCPKG_ROOT; for Android ANDROID_NDK_HOME, for iOS a Mac with Xcode and CMake.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
  echo "libraries.sh: $*" >&2
  exit 1
}

(($# == 3)) || die "usage: libraries.sh android|ios FLLAMA_FOLDER LIBRARY"
platform=$1
fllama=$(cd "$2" && pwd)
library=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
llama=$fllama/src/llama.cpp
[[ -f $llama/include/llama.h ]] || die "$llama/include/llama.h is not there: expected a checkout of fllama with its llama.cpp"
[[ -e $library ]] || die "$library is not there"
[[ -n ${VCPKG_ROOT:-} ]] || die "VCPKG_ROOT is not set: expected the folder of vcpkg"

# packages TRIPLET: the libraries of vcpkg.json, into native/prefix/vcpkg-TRIPLET/TRIPLET
packages() {
  "$VCPKG_ROOT/vcpkg" install --triplet "$1" --x-manifest-root=native --x-install-root="native/prefix/vcpkg-$1"
}

# framework SDK TRIPLET SLICE: edgelab_mobile.framework for that SDK, linked to that slice of fllama's
framework() {
  packages "$2"
  cmake -S native/src -B "native/prefix/build-$1" \
    -DCMAKE_SYSTEM_NAME=iOS -DCMAKE_OSX_SYSROOT="$1" -DCMAKE_OSX_ARCHITECTURES=arm64 -DCMAKE_OSX_DEPLOYMENT_TARGET=17.0 \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$PWD/native/prefix/vcpkg-$2/$2" \
    "-DEDGELAB_FLLAMA_INCLUDE=$llama/include;$llama/ggml/include" \
    "-DEDGELAB_FLLAMA_LIBRARY=$library/$3/fllama.framework/fllama"
  cmake --build "native/prefix/build-$1" --target edgelab_mobile
}

case $platform in
  android)
    [[ -n ${ANDROID_NDK_HOME:-} ]] || die "ANDROID_NDK_HOME is not set: expected the folder of the NDK"
    prefix=native/prefix/android-arm64
    packages arm64-android
    mkdir -p "$prefix/jni/arm64-v8a"
    ln -sf "$library" "$prefix/jni/arm64-v8a/libfllama.so"
    ln -sfn "$llama/include" "$prefix/llama-include"
    ln -sfn "$llama/ggml/include" "$prefix/ggml-include"
    ;;
  ios)
    framework iphoneos arm64-ios ios-arm64
    framework iphonesimulator arm64-ios-simulator ios-arm64-simulator
    frameworks=native/ios/edgelab_native/Frameworks
    rm -rf "$frameworks"
    mkdir -p "$frameworks"
    xcodebuild -create-xcframework \
      -framework native/prefix/build-iphoneos/edgelab_mobile.framework \
      -framework native/prefix/build-iphonesimulator/edgelab_mobile.framework \
      -output "$frameworks/edgelab_mobile.xcframework"
    ln -s "$library" "$frameworks/fllama.xcframework"
    ;;
  *) die "there is no platform '$platform': expected android or ios" ;;
esac
