import Darwin
import Foundation
import UIKit

/// What this phone tells of itself. What it does not tell is left out.
enum Phone {
  static func facts() -> [String: Any] {
    var facts: [String: Any] = [
      "os": "\(UIDevice.current.systemName) \(UIDevice.current.systemVersion)",
      "model": text(of: "hw.machine") ?? UIDevice.current.model,
      "cores": ProcessInfo.processInfo.activeProcessorCount,
      "memory_bytes": Int64(ProcessInfo.processInfo.physicalMemory),
    ]
    // Level 0 are the performance cores.
    facts["fast_cores"] = number(of: "hw.perflevel0.physicalcpu") ?? ProcessInfo.processInfo.activeProcessorCount
    return facts
  }

  static func state() -> [String: Any] {
    var state: [String: Any] = [:]
    if let thermal = thermal() { state["thermal"] = thermal }
    let battery = UIDevice.current
    if battery.batteryLevel >= 0 { state["battery_percent"] = Int((battery.batteryLevel * 100).rounded()) }
    switch battery.batteryState {
    case .charging, .full:
      state["charging"] = true
    case .unplugged:
      state["charging"] = false
    default:
      break
    }
    return state
  }

  private static func thermal() -> String? {
    switch ProcessInfo.processInfo.thermalState {
    case .nominal:
      return "nominal"
    case .fair:
      return "fair"
    case .serious:
      return "serious"
    case .critical:
      return "critical"
    @unknown default:
      return nil
    }
  }

  private static func number(of name: String) -> Int? {
    var value: Int32 = 0
    var size = MemoryLayout<Int32>.size
    return sysctlbyname(name, &value, &size, nil, 0) == 0 && value > 0 ? Int(value) : nil
  }

  private static func text(of name: String) -> String? {
    var size = 0
    guard sysctlbyname(name, nil, &size, nil, 0) == 0, size > 0 else { return nil }
    var bytes = [CChar](repeating: 0, count: size)
    guard sysctlbyname(name, &bytes, &size, nil, 0) == 0 else { return nil }
    return String(cString: bytes)
  }
}
