import Flutter
import UIKit

/// The channel of lib/src/device.dart. The executor needs none here: it is a thread of this process, and called directly.
public class LabPlugin: NSObject, FlutterPlugin {
  private let channel: FlutterMethodChannel

  public static func register(with registrar: FlutterPluginRegistrar) {
    let channel = FlutterMethodChannel(name: "dev.edgelab.lab/device", binaryMessenger: registrar.messenger())
    registrar.addMethodCallDelegate(LabPlugin(channel: channel), channel: channel)
  }

  private init(channel: FlutterMethodChannel) {
    self.channel = channel
    super.init()
    UIDevice.current.isBatteryMonitoringEnabled = true
    NotificationCenter.default.addObserver(
      self, selector: #selector(didReceiveMemoryWarning), name: UIApplication.didReceiveMemoryWarningNotification, object: nil)
  }

  deinit {
    NotificationCenter.default.removeObserver(self)
  }

  @objc private func didReceiveMemoryWarning() {
    channel.invokeMethod("memoryWarning", arguments: nil)
  }

  public func handle(_ call: FlutterMethodCall, result: @escaping FlutterResult) {
    switch call.method {
    case "facts":
      result(Phone.facts())
    case "state":
      result(Phone.state())
    default:
      result(FlutterMethodNotImplemented)
    }
  }
}
