// swift-tools-version: 5.9
import PackageDescription

// The two frameworks are made by mobile/tool/libraries.sh ios.
let package = Package(
  name: "edgelab_native",
  platforms: [
    .iOS("17.0")
  ],
  products: [
    .library(name: "edgelab-native", targets: ["edgelab_native"])
  ],
  dependencies: [
    // Laid there by Flutter's tool.
    .package(name: "FlutterFramework", path: "../FlutterFramework")
  ],
  targets: [
    .target(
      name: "edgelab_native",
      dependencies: [
        .product(name: "FlutterFramework", package: "FlutterFramework"),
        "edgelab_mobile",
        "fllama",
      ]
    ),
    .binaryTarget(name: "edgelab_mobile", path: "Frameworks/edgelab_mobile.xcframework"),
    .binaryTarget(name: "fllama", path: "Frameworks/fllama.xcframework"),
  ]
)
